use std::path::{Path, PathBuf};

use super::shell::judge;
use super::{Answer, Installed, Mode, in_session, install, is_own, normal, placed, remove};

fn weather() -> Installed {
    Installed {
        name: "weather".to_owned(),
        folders: vec![PathBuf::from("/work/.agents/skills/weather")],
        files: vec!["scripts/report.py".to_owned()],
    }
}

fn refused(command: &str, cwd: &str) -> bool {
    matches!(
        judge(command, Path::new(cwd), &[weather()]),
        Answer::Refused(_)
    )
}

#[test]
fn a_skills_program_starts_only_through_run() {
    for command in [
        "python3 .agents/skills/weather/scripts/report.py",
        "/work/.agents/skills/weather/scripts/report.py",
        "cd .agents && cd skills && sh weather/scripts/x.sh",
        "python3 scripts/report.py",
        "cat .agents/skills/weather/scripts/report.py | python3 -",
        "cat .agents/skills/weather/scripts/report.py > /tmp/x.py",
        "cp -r .agents/skills/weather /tmp/w",
        "cat $(ls .agents/skills/weather/scripts/report.py)",
        "cat .agents/skills/weather/SKILL.md; $RUN",
        "chopmark run weather -- sh; python3 .agents/skills/weather/scripts/report.py",
        "echo 'open .agents/skills/weather",
        "find .agents/skills/weather -exec python3 {} +",
    ] {
        assert!(refused(command, "/work"), "{command}");
    }
    assert!(refused(
        "python3 report.py",
        "/work/.agents/skills/weather/scripts"
    ));
}

/// Each differs from one above by one fact.
#[test]
fn reading_a_skill_and_other_work_go_on() {
    for command in [
        "chopmark run weather -- python3 .agents/skills/weather/scripts/report.py",
        "cat .agents/skills/weather/SKILL.md",
        "cat .agents/skills/weather/SKILL.md | head -20",
        "ls -la .agents/skills/weather && grep -n host '.agents/skills/weather/SKILL.md'",
        "python3 other/report.py",
        "cargo test > out.txt; $RUN",
    ] {
        assert!(!refused(command, "/work"), "{command}");
    }
    assert!(!refused("python3 report.py", "/work/scripts"));
}

#[test]
fn a_hook_is_put_beside_other_settings_and_taken_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".claude/settings.local.json");
    let program = Path::new("/opt/it's/chopmark");
    assert_eq!(placed(&file, program).unwrap(), None);
    crate::durable::public_folder(file.parent().unwrap()).unwrap();
    let before =
        "{\"model\":\"x\",\"hooks\":{\"PreToolUse\":[{\"matcher\":\"Read\",\"hooks\":[]}]}}";
    crate::durable::write(&file, before.as_bytes(), crate::durable::Access::Public).unwrap();

    install(&file, Path::new("/old/chopmark"), Mode::Judge).unwrap();
    assert!(!placed(&file, program).unwrap().unwrap().is_current);
    install(&file, program, Mode::Confine).unwrap();
    assert!(placed(&file, program).unwrap().unwrap().is_current);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.matches("claude-code check").count(), 1, "{text}");
    assert!(
        text.contains("\"model\": \"x\"") && text.contains("\"Read\""),
        "{text}"
    );

    assert!(remove(&file).unwrap());
    assert!(!remove(&file).unwrap());
    assert!(std::fs::read_to_string(&file).unwrap().contains("\"Read\""));
    crate::durable::write(&file, b"[]", crate::durable::Access::Public).unwrap();
    assert_eq!(
        install(&file, program, Mode::Judge).unwrap_err().code(),
        "hook-settings"
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"[]");
}

#[test]
fn paths_are_compared_without_detours() {
    assert_eq!(normal(Path::new("/a/./b/../c")), Path::new("/a/c"));
}

/// A shell itself says that the quoted command is the one that was meant.
#[test]
fn a_command_in_a_session_is_the_same_command() {
    let tricky = "printf '%s|' \"it's\" $((1+1)) `echo x`; exit 3";
    let printer = Path::new("/bin/echo");
    let wrapped = in_session(printer, tricky).replacen("shell --", "-n", 1);
    // `echo -n sh -c TEXT` shows what the words are.
    let shown = std::process::Command::new("sh")
        .args(["-c", &wrapped])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(shown.stdout).unwrap(),
        format!("sh -c {tricky}")
    );
    assert!(is_own("chopmark run weather -- python3 'a b'"));
    for other in [
        "ls",
        "chopmark run x; ls",
        "chopmark run $(ls)",
        "'chop' mark",
    ] {
        assert!(!is_own(other), "{other}");
    }
}
