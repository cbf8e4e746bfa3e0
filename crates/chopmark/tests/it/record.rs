//! An author runs a folder once to learn what it needs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const SCRIPT: &str = "\
import os, socket, subprocess, urllib.request
print(open('input.txt').read())
os.makedirs('made', exist_ok=True)
open('made/result.txt', 'w').write('x')
open('/tmp/scratch', 'w').write('x')
subprocess.run(['cat', 'input.txt'], check=True)
for url in ['http://api.example.com/v1', 'http://127.0.0.1:9/']:
    try:
        urllib.request.urlopen(url, timeout=5)
    except OSError as error:
        print('refused')
try:
    open(os.environ['KEY'])
except (OSError, KeyError):
    print('no key')
try:
    open('/etc/shadow')
except OSError:
    print('no shadow')
";

fn chopmark(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chopmark"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .env("CHOPMARK_HOME", folder.parent().unwrap().join("home"))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn a_recorded_run_changes_nothing_and_drafts_what_it_did() {
    let folder = TempDir::new_in("/var/tmp").unwrap();
    let (skill, work) = (folder.path().join("skill"), folder.path().join("work"));
    fs::create_dir_all(skill.join("scripts")).unwrap();
    fs::create_dir_all(&work).unwrap();
    fs::write(
        skill.join("SKILL.md"),
        "---\nname: skill\ndescription: Does a thing.\n---\n",
    )
    .unwrap();
    let script = skill.join("scripts/work.py");
    fs::write(&script, SCRIPT).unwrap();
    fs::write(work.join("input.txt"), "the input\n").unwrap();
    let script = script.to_str().unwrap();
    let skill = skill.to_str().unwrap();

    let ran = chopmark(&work, &["run", skill, "--record", "--", "python3", script]);
    let (out, err) = (text(&ran.stdout), text(&ran.stderr));
    assert!(ran.status.success(), "{out}{err}");
    assert_eq!(out.matches("the input").count(), 2, "{out}");
    assert_eq!(out.matches("refused").count(), 2, "{out}");
    assert!(
        !work.join("made/result.txt").exists(),
        "the change was not thrown away"
    );
    let reviews = folder.path().join("home/state/reviews");
    let left = fs::read_dir(reviews)
        .map(|entries| entries.count())
        .unwrap_or(0);
    assert_eq!(left, 0, "room for changes was left behind");

    let run = err
        .split("--run ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    let drafted = chopmark(&work, &["permissions", "infer", skill, "--run", run]);
    let draft = text(&drafted.stdout);
    for line in [
        "    - \"skill:.\"",
        "    - \"workspace:input.txt\"",
        "    - \"workspace:made\"",
        "    - \"temp:.\"",
        "  - {host: \"api.example.com\", port: 80} # 1×, refused",
        "  - \"cat\"",
        "# outside: read /etc/shadow",
    ] {
        assert!(draft.contains(line), "{line} is missing in\n{draft}");
    }
    fs::write(Path::new(skill).join("permissions.yaml"), &draft).unwrap();
    let shown = chopmark(&work, &["permissions", "show", skill]);
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    assert!(text(&shown.stdout).contains("api.example.com"));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
