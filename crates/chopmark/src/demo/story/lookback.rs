//! Step 8: old decisions, recomputed.

use super::Cast;
use crate::demo::stage::Stage;
use crate::error::CommandError;
use crate::exit::Exit;

pub(super) fn play(stage: &mut Stage<'_>, cast: &Cast, receipt: &str) -> Result<(), CommandError> {
    stage.step(
        "8",
        "Old decisions are told and recomputed, whatever happened since",
    );
    let host = &cast.host;
    stage.run(host.does(["explain", receipt]))?;
    let before = stage.run(host.does(["replay", receipt]))?;
    let audit = stage.run(cast.auditor.does([
        "audit",
        "@sunny/weather@1.0.0",
        "--criteria=safe-to-read",
        "--minutes",
        "5",
    ]))?;
    stage.run(cast.auditor.does(["identity", "rotate"]))?;
    stage.run(
        cast.auditor
            .does(["retract", &audit.field("statement"), "--reason", "error"]),
    )?;
    stage.run(
        cast.author
            .does(["yank", "@sunny/weather@1.0.0", "--reason", "security"]),
    )?;
    let after = stage.run(host.does(["--offline", "replay", receipt]))?;
    stage.check(
        "after a rotation, a retraction and a yank the old receipt gives the same bytes",
        !before.stdout.is_empty() && before.stdout == after.stdout,
    );
    stage.run(
        host.does(["add", "@sunny/weather@1.0.0", "--as", "weather-again"])
            .refused(Exit::Denied, "release-yanked"),
    )?;
    stage.tell("the past is not rewritten; the next decision is another");
    Ok(())
}
