//! Step 7: an unsigned folder, as all are today.

use super::Cast;
use super::ran::through;
use super::world::write;
use crate::demo::stage::Stage;
use crate::error::CommandError;
use crate::exit::Exit;

pub(super) fn play(stage: &mut Stage<'_>, cast: &Cast) -> Result<(), CommandError> {
    stage.step("7", "An unsigned folder, as most skills are today");
    let host = &cast.host;
    let folder = host.user.join("Downloads/old-notes");
    chopmark_client::durable::public_folder(&folder.join("scripts"))?;
    write(
        &folder.join("SKILL.md"),
        "---\nname: old-notes\ndescription: Counts the words of notes.\n---\n\nRun scripts/count.py.\n",
    )?;
    write(
        &folder.join("scripts/count.py"),
        "import sys\nprint(len(open(sys.argv[1]).read().split()), 'words')\n",
    )?;
    let path = folder.to_string_lossy().into_owned();
    stage.run(host.does(["add", &path]).refused(Exit::Denied, "unsigned"))?;
    let adopt = ["adopt", &path, "--reason", "used for years", "--days", "30"];
    stage.run(
        host.does(adopt)
            .refused(Exit::ConsentNeeded, "terminal-needed"),
    )?;
    let adopted = stage.run(host.does(adopt).typing(["old-notes"]))?;
    stage.check(
        "it is told that the text is unconfined",
        adopted.stderr.contains("text is unconfined"),
    );
    let script = ".agents/skills/old-notes/scripts/count.py";
    let run = stage.run(host.does(["run", "old-notes", "--", "python3", script, "city.txt"]))?;
    stage.check(
        "its program works on the workspace",
        run.stdout.contains("1 words"),
    );
    let probe = "import socket; socket.create_connection(('127.0.0.1', 9), 2)";
    let out = stage.run(
        host.does(["run", "old-notes", "--", "python3", "-c", probe])
            .ending(1),
    )?;
    stage.check("and has no network", !out.stdout.contains("connected"));
    stage.run(host.does(["list"]))?;
    stage.run(host.does(["hook", "claude-code", "install"]))?;
    let bash = |command: &str| {
        let told = serde_json::json!({ "tool_name": "Bash", "tool_input": { "command": command }, "cwd": host.folder });
        told.to_string()
    };
    let beside = bash(&format!("python3 {script} city.txt"));
    let by_run = bash(&format!(
        "chopmark run old-notes -- python3 {script} city.txt"
    ));
    let check = ["hook", "claude-code", "check"];
    stage.run(
        host.does(check)
            .reading(beside.as_bytes())
            .refused(Exit::Child(2), "hook-refused"),
    )?;
    stage.run(host.does(check).reading(by_run.as_bytes()))?;
    let other = bash("cat city.txt");
    let turned = stage.run(
        host.does(["hook", "claude-code", "check", "--session"])
            .reading(other.as_bytes()),
    )?;
    stage.check(
        "on request every command of the agent runs in a session",
        turned.stdout.contains("shell -- sh -c 'cat city.txt'"),
    );
    let both = "cat city.txt; ls .agents/skills; touch city2.txt 2>/dev/null || echo read-only";
    let session = stage.run(through(cast, host.does(["shell", "--", "sh", "-c", both])))?;
    stage.check(
        "a session has the grants of both skills together, and no more",
        ["Macau", "old-notes", "weather", "read-only"]
            .iter()
            .all(|what| session.stdout.contains(what)),
    );
    stage.tell("with the hook, an agent that follows the skill's text starts its programs through `run` or not at all");
    stage.tell("the adoption is this host's own signed word, for 30 days, and grants no network and no secret");
    Ok(())
}
