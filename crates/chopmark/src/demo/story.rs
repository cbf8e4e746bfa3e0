//! The story, step by step.

use super::stage::{Actor, Stage};
use super::weather::Weather;
use crate::error::CommandError;

mod files;

/// Everybody in the story.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) author: Actor,
    pub(super) auditor: Actor,
    pub(super) voucher: Actor,
    pub(super) host: Actor,
    pub(super) weather: Weather,
}

/// Plays all steps.
pub(super) fn play(stage: &mut Stage<'_>) -> Result<(), CommandError> {
    let cast = Cast {
        author: stage.actor("author")?,
        auditor: stage.actor("auditor")?,
        voucher: stage.actor("voucher")?,
        host: stage.actor("host")?,
        weather: Weather::start(stage.root())?,
    };
    files::skill(&cast.author.folder.join("weather"), cast.weather.port())?;
    stage.step("1", "An author writes, signs and publishes a skill");
    stage.run(cast.author.does(["lint", "weather"]))?;
    stage.run(cast.author.does(["keygen", "author", "--no-passphrase"]))?;
    Ok(())
}
