//! Step 1: an author writes, signs and publishes a skill.

use super::{Cast, World, files};
use crate::demo::stage::{Actor, Stage};
use crate::error::CommandError;

pub(super) fn play(stage: &mut Stage<'_>, cast: &Cast, world: &World) -> Result<(), CommandError> {
    stage.step("1", "An author writes, signs and publishes a skill");
    files::skill(&cast.author.folder.join("weather"), cast.weather.port())?;
    stage.run(cast.author.does(["lint", "weather"]))?;
    begin(stage, &cast.author, world, "sunny")?;
    let reply =
        stage.run(
            cast.author
                .does(["--json", "publish", "weather", "--version", "1.0.0"]),
        )?;
    let proof = reply.text("proof");
    let cosigners = proof
        .lines()
        .filter(|line| line.contains(".witness.example "))
        .count();
    stage.check(
        "the reply holds a tlog-proof under a checkpoint with at least three cosignatures",
        proof.starts_with("c2sp.org/tlog-proof@v1\n") && cosigners >= 3,
    );
    stage.tell("the release stands in a log that nobody can rewrite unseen; its author keeps a second key ready");
    Ok(())
}

/// Believes the log, draws keys and claims a name; returns the identity.
pub(super) fn begin(
    stage: &mut Stage<'_>,
    actor: &Actor,
    world: &World,
    name: &str,
) -> Result<String, CommandError> {
    stage.run(actor.does(world.contact()))?;
    stage.run(actor.does(["keygen", actor.name, "--no-passphrase"]))?;
    let registered = stage.run(actor.does(["identity", "register", name]))?;
    Ok(registered.field("identity"))
}
