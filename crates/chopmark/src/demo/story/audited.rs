//! Step 2: an auditor scans and reads; a voucher, whom the host believes, vouches for the auditor.

use super::published::begin;
use super::{Cast, World};
use crate::demo::stage::Stage;
use crate::error::CommandError;

/// Returns the voucher's identity.
pub(super) fn play(
    stage: &mut Stage<'_>,
    cast: &Cast,
    world: &World,
) -> Result<String, CommandError> {
    stage.step(
        "2",
        "An auditor tests and reads it; a voucher stands up for the auditor",
    );
    begin(stage, &cast.auditor, world, "reed")?;
    let voucher = begin(stage, &cast.voucher, world, "vera")?;
    certify(stage, cast, "@sunny/weather@1.0.0")?;
    observe(stage, cast)?;
    stage.run(cast.voucher.does(["vouch", "@reed"]))?;
    stage.tell(
        "each of them signed for exactly these bytes; nobody had to ask the registry's leave",
    );
    Ok(voucher)
}

/// The auditor runs the same bytes and publishes what was seen.
fn observe(stage: &mut Stage<'_>, cast: &Cast) -> Result<(), CommandError> {
    let folder = cast.author.folder.join("weather");
    let folder = folder.to_string_lossy();
    let script = "cat /etc/shadow || echo there is none";
    let run = ["run", &folder, "--record", "--", "sh", "-c", script];
    stage.run(cast.auditor.does(run))?;
    let id = observed_run(stage, cast)?;
    let release = "@sunny/weather@1.0.0";
    let audit = ["audit", release, "--observed", &id, "--minutes", "5"];
    stage.run(cast.auditor.does(audit))?;
    Ok(())
}

/// The auditor's newest run.
pub(super) fn observed_run(stage: &mut Stage<'_>, cast: &Cast) -> Result<String, CommandError> {
    let list = stage.run(cast.auditor.does(["journal", "list"]))?;
    let id = list.stdout.split_whitespace().next();
    Ok(id.unwrap_or_default().to_owned())
}

/// Publishes a scan and a person's audit of all files.
pub(super) fn certify(
    stage: &mut Stage<'_>,
    cast: &Cast,
    release: &str,
) -> Result<(), CommandError> {
    stage.run(cast.auditor.does(["scan", release, "--publish"]))?;
    let criteria = "--criteria=safe-to-read,safe-to-run,safe-with-secrets";
    stage.run(
        cast.auditor
            .does(["audit", release, criteria, "--minutes", "25"]),
    )?;
    Ok(())
}
