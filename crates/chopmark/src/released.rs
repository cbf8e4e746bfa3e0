//! Looks a release up in the log's proved state.

use chopmark_client::head::Head;
use chopmark_client::identity::Reach;
use chopmark_client::reference::Reference;
use chopmark_core::digest::{IdentityId, StatementId};
use chopmark_core::entry::{EntryState, MapKey, VersionFacts};
use chopmark_core::name::SkillName;

use crate::error::CommandError;
use crate::exit::Exit;

/// What the log says of one version.
pub(crate) fn version(
    reach: &Reach,
    reference: &Reference,
    version: &semver::Version,
) -> Result<VersionFacts, CommandError> {
    let head = reach.head()?;
    let publisher = publisher(reach, &head, reference)?;
    let key = MapKey::Version(publisher, reference.skill.clone(), version.clone());
    match head.entry(&reach.remote, &key)?.map(|entry| entry.state) {
        Some(EntryState::Version(facts)) => Ok(facts),
        Some(_) | None => Err(CommandError::new(
            Exit::Failed,
            "version-unknown",
            format_args!(
                "`@{}/{}` has no version {version}",
                reference.publisher, reference.skill
            ),
        )
        .hint("chopmark inspect shows the versions")),
    }
}

/// Who holds the publisher's name.
pub(crate) fn publisher(
    reach: &Reach,
    head: &Head,
    reference: &Reference,
) -> Result<IdentityId, CommandError> {
    reach.holder(head, &reference.publisher)?.ok_or_else(|| {
        CommandError::new(
            Exit::Failed,
            "name-unknown",
            format_args!("nobody claimed the name `@{}`", reference.publisher),
        )
        .hint("chopmark search finds what exists")
    })
}

/// The publisher's last release of a skill.
pub(crate) fn last_release(
    reach: &Reach,
    head: &Head,
    publisher: IdentityId,
    skill: &SkillName,
) -> Result<Option<StatementId>, CommandError> {
    let key = MapKey::Skill(publisher, skill.clone());
    Ok(
        match head.entry(&reach.remote, &key)?.map(|entry| entry.state) {
            Some(EntryState::Skill(last)) => last,
            Some(_) | None => None,
        },
    )
}
