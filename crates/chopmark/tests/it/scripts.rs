//! Scripts that drive the binary from outside: hostile folders, and processes killed at random.

use std::path::Path;
use std::process::Command;

fn passes(script: &str, args: &[&str]) -> String {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new("python3")
        .arg(repository.join("scripts").join(script))
        .args(args)
        .env("CHOPMARK", env!("CARGO_BIN_EXE_chopmark"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    text
}

#[test]
fn hostile_and_odd_folders_are_taken_or_refused_as_written() {
    let text = passes("corpus-roundtrip", &["--fixtures-only"]);
    assert!(text.contains(" 0 unexpected"), "{text}");
    assert!(text.matches("ok  fixture").count() >= 33, "{text}");
}

#[test]
fn kill_9_leaves_what_the_next_command_mends() {
    let text = passes("faults", &["10"]);
    assert_eq!(text.lines().count(), 3, "{text}");
}
