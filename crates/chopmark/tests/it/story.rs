//! The demonstration, played once; each test asserts one step of it.

use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// One line of `demo --json`.
fn lines() -> &'static [Value] {
    static PLAYED: OnceLock<(Output, Vec<Value>)> = OnceLock::new();
    let (output, lines) = PLAYED.get_or_init(|| {
        let output = Command::new(env!("CARGO_BIN_EXE_chopmark"))
            .args(["--json", "demo"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        (output, lines)
    });
    assert!(
        output.status.success(),
        "the demonstration failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    lines
}

fn step(number: &str) -> Vec<&'static Value> {
    let of: Vec<&Value> = lines()
        .iter()
        .filter(|line| line["step"] == number)
        .collect();
    assert!(!of.is_empty(), "step {number} is missing");
    for line in &of {
        assert_eq!(line["ok"], true, "{line}");
    }
    of
}

/// The commands of a step: their arguments, exit code and stable code.
fn commands(number: &str) -> Vec<(String, i64, Option<&'static str>)> {
    step(number)
        .into_iter()
        .filter(|line| line["argv"].is_array())
        .map(|line| {
            let words: Vec<&str> = line["argv"]
                .as_array()
                .unwrap()
                .iter()
                .skip(1)
                .map(|word| word.as_str().unwrap())
                .collect();
            (
                words.join(" "),
                line["exit"].as_i64().unwrap(),
                line["code"].as_str(),
            )
        })
        .collect()
}

fn has(number: &str, command: &str, exit: i64, code: Option<&str>) {
    let found = commands(number);
    assert!(
        found
            .iter()
            .any(|(words, e, c)| words.starts_with(command) && *e == exit && *c == code),
        "step {number} lacks `{command}` with {exit} {code:?}: {found:#?}"
    );
}

fn checks(number: &str) -> usize {
    step(number)
        .into_iter()
        .filter(|line| line["check"].is_string())
        .count()
}

#[test]
fn step_1_publishes_under_a_replayed_quorum() {
    has("1", "lint weather", 0, None);
    has("1", "identity register sunny", 0, None);
    has("1", "--json publish weather --version 1.0.0", 0, None);
    assert_eq!(checks("1"), 1);
}

#[test]
fn step_2_scans_audits_and_vouches() {
    has("2", "scan @sunny/weather@1.0.0 --publish", 0, None);
    has("2", "audit @sunny/weather@1.0.0", 0, None);
    has("2", "vouch @reed", 0, None);
}

/// A run of these bytes may be published as seen; the same run for other bytes may not.
#[test]
fn step_2_publishes_what_a_run_was_seen_to_do() {
    has("2", "audit @sunny/weather@1.0.0 --observed", 0, None);
    let code = Some("observed-other-content");
    has("5", "audit @sunny/weather@2.0.0 --observed", 1, code);
}

#[test]
fn step_3_installs_after_a_person_approved() {
    has("3", "add @sunny/weather", 6, Some("consent-needed"));
    has("3", "approve", 0, None);
    has("3", "add @sunny/weather", 0, None);
    has("3", "remove weather --keep-locked", 0, None);
    has("3", "--offline add --locked", 0, None);
    has("3", "--offline verify", 0, None);
    assert_eq!(checks("3"), 2);
}

#[test]
fn step_4_runs_confined_and_never_holds_the_secret() {
    has("4", "run @sunny/weather -- scripts/report.sh", 0, None);
    has("4", "run @sunny/weather -- scripts/report.py", 0, None);
    has("4", "journal verify", 0, None);
    // The comparison with strace is one more, where there is one.
    assert!(checks("4") >= 5);
    let compares = step("4").iter().any(|line| {
        line["check"]
            .as_str()
            .is_some_and(|what| what.contains("strace"))
    });
    assert!(
        compares,
        "strace is not installed: the comparison was skipped"
    );
}

#[test]
fn step_5_holds_back_and_then_confines_a_malicious_update() {
    has("5", "update weather", 3, Some("level-too-low"));
    has("5", "update weather", 6, Some("consent-needed"));
    has("5", "run @sunny/weather -- scripts/sync.py", 0, None);
    assert_eq!(checks("5"), 7);
}

#[test]
fn step_5_keeps_changes_apart_until_a_person_accepts_them() {
    has("5", "run @sunny/weather --review", 0, None);
    has("5", "review accept", 6, Some("terminal-needed"));
    has("5", "review accept", 0, None);
}

#[test]
fn step_5_takes_a_grant_back_and_gives_less_for_a_while() {
    let run = "run @sunny/weather -- scripts/sync.py";
    has("5", "grants revoke weather", 0, None);
    has("5", run, 126, Some("grant-revoked"));
    has("5", "--json add @sunny/weather", 6, Some("consent-needed"));
    has("5", "approve", 0, None);
    let ran = commands("5")
        .iter()
        .filter(|(words, exit, _)| words == run && *exit == 0)
        .count();
    assert_eq!(ran, 2);
}

#[test]
fn step_7_stops_an_agent_that_goes_around_run() {
    has("7", "hook claude-code install", 0, None);
    has("7", "hook claude-code check", 2, Some("hook-refused"));
    has("7", "hook claude-code check", 0, None);
    has("7", "shell", 0, None);
}

/// The refusals of step 6, in order.
#[test]
fn step_6_refuses_every_attack_with_its_code() {
    let refused: Vec<(i64, &str)> = commands("6")
        .into_iter()
        .filter_map(|(_, exit, code)| Some((exit, code?)))
        .collect();
    assert_eq!(
        refused,
        [
            (5, "blob-digest"),
            (5, "leaf-altered"),
            (5, "proof-invalid"),
            (5, "map-node-altered"),
            (5, "checkpoint-quorum"),
            (5, "state-unproved"),
            (1, "signature-not-in-force"),
            (1, "record-other-log"),
            (1, "signature-not-in-force"),
            (3, "vetoed"),
            (5, "docket-altered"),
            (5, "checkpoint-rollback"),
            (5, "split-view"),
        ]
    );
    // One look at the culprit and at the disk after each, one at the kept evidence.
    assert_eq!(checks("6"), refused.len() + 1);
}

#[test]
fn step_7_takes_an_unsigned_folder_in_only_by_a_person() {
    has("7", "add /", 3, Some("unsigned"));
    has("7", "adopt", 6, Some("terminal-needed"));
    has("7", "adopt", 0, None);
    has("7", "run old-notes", 0, None);
    has("7", "run old-notes", 1, None);
}

#[test]
fn step_8_replays_byte_for_byte_and_decides_anew() {
    has("8", "explain", 0, None);
    has("8", "--offline replay", 0, None);
    has("8", "add @sunny/weather@1.0.0", 3, Some("release-yanked"));
    assert_eq!(checks("8"), 1);
}

/// The same story as an ordinary user, where the tests run as root.
#[test]
fn the_story_plays_for_an_unprivileged_user() {
    if !rustix::process::geteuid().is_root() {
        // Then the other tests have shown it.
        return;
    }
    let folder = tempfile::Builder::new()
        .prefix("chopmark-")
        .tempdir_in("/var/tmp")
        .unwrap();
    let binary = folder.path().join("chopmark");
    std::fs::copy(env!("CARGO_BIN_EXE_chopmark"), &binary).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(&binary)
        .arg("demo")
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", "/nonexistent")
        .current_dir("/")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
