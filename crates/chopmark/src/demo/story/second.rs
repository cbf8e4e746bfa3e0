//! Step 5: version 2 asks for more and tries more.

use super::audited::{certify, observed_run};
use super::installed::{BAIT, ask};
use super::ran::through;
use super::world::write;
use super::{Cast, files};
use crate::demo::stage::Stage;
use crate::error::CommandError;
use crate::exit::Exit;

pub(super) fn play(stage: &mut Stage<'_>, cast: &Cast) -> Result<(), CommandError> {
    stage.step("5", "Version 2 asks for more and tries more");
    let (author, host) = (&cast.author, &cast.host);
    files::second(&author.folder.join("weather"), cast.weather.port())?;
    stage.run(author.does(["publish", "weather", "--version", "2.0.0"]))?;
    let held = stage.run(
        host.does(["update", "weather"])
            .refused(Exit::Denied, "level-too-low"),
    )?;
    stage.check(
        "the update is held back and shows what grew",
        held.stderr
            .lines()
            .any(|line| line.trim_start().starts_with("+ ")),
    );
    stage.tell("no audit covers the new bytes: trust in version 1 is no trust in version 2");
    let seen = observed_run(stage, cast)?;
    let release = "@sunny/weather@2.0.0";
    let audit = ["audit", release, "--observed", &seen, "--minutes", "5"];
    stage.run(
        cast.auditor
            .does(audit)
            .refused(Exit::Failed, "observed-other-content"),
    )?;
    certify(stage, cast, release)?;
    stage.tell("suppose the auditor is deceived; the person still sees what grew, and grants it");
    ask(stage, host, &["update", "weather"])?;
    let key = host.user.join(".ssh/id_ed25519");
    write(
        &host.folder.join("sync.txt"),
        &format!("{}\n~/.ssh/id_ed25519\n", key.display()),
    )?;
    let run = stage.run(through(
        cast,
        host.does(["run", "@sunny/weather", "--", "scripts/sync.py"]),
    ))?;
    stage.check(
        "reads of ~/.ssh failed, through the library and by raw system calls",
        run.stdout.contains("stolen 0 of 4") && !run.stdout.contains(BAIT.trim()),
    );
    stage.check(
        "connections elsewhere failed",
        run.stdout.contains("reached 0 of 3"),
    );
    let denied = stage.run(host.does(["journal", "show", "--denied"]))?;
    stage.check(
        "each attempt stands in the journal",
        ["id_ed25519", "10.0.0.1:80", "evil.example"]
            .iter()
            .all(|what| denied.stdout.contains(what)),
    );
    stage.tell(
        "a grant is a fence, not a promise: what was not granted did not happen, and is on record",
    );
    less(stage, cast)
}

/// The person takes the grant back, and gives a smaller one for a while.
fn less(stage: &mut Stage<'_>, cast: &Cast) -> Result<(), CommandError> {
    let host = &cast.host;
    let sync = ["run", "@sunny/weather", "--", "scripts/sync.py"];
    stage.run(host.does(["grants", "revoke", "weather"]))?;
    stage.run(through(cast, host.does(sync)).refused(Exit::RunDenied, "grant-revoked"))?;
    let asked = stage.run(
        host.does(["--json", "add", "@sunny/weather"])
            .refused(Exit::ConsentNeeded, "consent-needed"),
    )?;
    let document: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap_or_default();
    let lines = document.pointer("/request/asks");
    let line = lines.and_then(|lines| {
        lines
            .as_array()?
            .iter()
            .position(|line| line.as_str().is_some_and(|line| line.contains("cache")))
    });
    let number = line.map_or(0, |at| at.saturating_add(1)).to_string();
    let id = asked.text("id");
    let approve = ["approve", &id, "--without", &number, "--days", "30"];
    stage.run(host.does(approve).typing(["weather"]))?;
    stage.run(host.does(["add", "@sunny/weather"]))?;
    let shown = stage.run(host.does(["--json", "grants", "show", "weather"]))?;
    let document: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap_or_default();
    let state = document
        .pointer("/standing/state")
        .and_then(|state| state.as_str());
    stage.check(
        "the new grant lacks the line that was left out, and has an end",
        state == Some("until") && shown.stdout.contains("`out`") && !shown.stdout.contains("cache"),
    );
    stage.run(through(cast, host.does(sync)))?;
    reviewed(stage, cast)
}

/// A run whose changes a person sees before they are made.
fn reviewed(stage: &mut Stage<'_>, cast: &Cast) -> Result<(), CommandError> {
    let host = &cast.host;
    let report = host.folder.join("out/report.json");
    let before = std::fs::read(&report).ok();
    let script =
        "import os; os.remove('out/report.json'); open('out/plan.md', 'w').write('# Plan\\n')";
    let run = [
        "run",
        "@sunny/weather",
        "--review",
        "--",
        "python3",
        "-c",
        script,
    ];
    let held = stage.run(through(cast, host.does(run)))?;
    stage.check(
        "a reviewed run shows what it would change, and changes nothing",
        held.stdout.contains("+ # Plan")
            && std::fs::read(&report).ok() == before
            && !host.folder.join("out/plan.md").exists(),
    );
    let list = stage.run(host.does(["review", "list"]))?;
    let id = list
        .stdout
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned();
    stage.run(
        host.does(["review", "accept", &id])
            .refused(Exit::ConsentNeeded, "terminal-needed"),
    )?;
    stage.run(host.does(["review", "accept", &id]).typing(["accept"]))?;
    stage.check(
        "accepted by a person, the changes are there",
        std::fs::read(host.folder.join("out/plan.md")).is_ok_and(|text| text == b"# Plan\n")
            && !report.exists(),
    );
    Ok(())
}
