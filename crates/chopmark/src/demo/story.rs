//! The story, step by step.

use super::stage::{Actor, Stage};
use super::weather::Weather;
use crate::error::CommandError;

mod attacks;
mod audited;
mod files;
mod forged;
mod installed;
mod legacy;
mod lookback;
mod published;
mod ran;
mod second;
mod withheld;
mod world;

use world::World;

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
    let mut host = stage.actor("host")?;
    host.folder = host.user.join("project");
    chopmark_client::durable::public_folder(&host.folder)?;
    let cast = Cast {
        author: stage.actor("author")?,
        auditor: stage.actor("auditor")?,
        voucher: stage.actor("voucher")?,
        host,
        weather: Weather::start(stage.root())?,
    };
    let world = World::start(stage)?;
    published::play(stage, &cast, &world)?;
    let voucher = audited::play(stage, &cast, &world)?;
    let receipt = installed::play(stage, &cast, &world, &voucher)?;
    ran::play(stage, &cast)?;
    second::play(stage, &cast)?;
    attacks::play(stage, &cast, &world, &voucher)?;
    legacy::play(stage, &cast)?;
    lookback::play(stage, &cast, &receipt)
}
