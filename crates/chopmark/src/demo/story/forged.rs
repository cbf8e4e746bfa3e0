//! Records that their signer may not sign.

use std::path::Path;

use chopmark_client::durable::{self, Access};
use chopmark_client::home::Home;
use chopmark_client::identity::{self, Reach};
use chopmark_client::keys::{KeyStore, Label};
use chopmark_client::memory::Memory;
use chopmark_client::remote::Remote;
use chopmark_client::seal::Seal;
use chopmark_client::trust;
use chopmark_core::digest::ContentDigest;
use chopmark_core::entry::{EntryState, MapKey};
use chopmark_core::key::SecretKey;
use chopmark_core::name::SkillName;
use chopmark_core::record::{Body, Record, Release};
use chopmark_registry::keyfile;

use super::attacks::attack;
use super::world::ORIGIN;
use super::{Cast, World};
use crate::demo::stage::{Stage, broken};
use crate::error::CommandError;
use crate::exit::Exit;

pub(super) fn play(stage: &mut Stage<'_>, cast: &Cast, world: &World) -> Result<(), CommandError> {
    stage.run(world.operator.does(world.contact()))?;
    let operator = keyfile::read(&world.operator.folder.join("log/operator.key"))
        .map_err(|e| broken("read a key", &e))?;
    let author = author_key(cast)?;
    for (title, origin, key, code) in [
        (
            "the operator signs a release in the author's name",
            ORIGIN,
            &operator,
            "signature-not-in-force",
        ),
        (
            "a record of another log is copied into this one",
            "other.example/log",
            &author,
            "record-other-log",
        ),
    ] {
        let record = release(cast, origin, key)?;
        durable::write(
            &world.operator.folder.join("forged.json"),
            record.bytes(),
            Access::Public,
        )?;
        let act = world
            .operator
            .does(["submit", "forged.json"])
            .refused(Exit::Failed, code);
        attack(stage, title, &cast.host, act, "issuer")?;
    }
    // Somebody stole the author's keys; the author rotates to the key that was kept apart.
    let thief = stage.actor("thief")?;
    copy(&cast.author.home, &thief.home).map_err(|e| broken("copy a folder", &e))?;
    copy(
        &cast.author.folder.join("weather"),
        &thief.folder.join("weather"),
    )
    .map_err(|e| broken("copy a folder", &e))?;
    stage.run(cast.author.does(["identity", "rotate"]))?;
    let act = thief.does(["publish", "weather", "--version", "3.0.0"]);
    attack(
        stage,
        "a thief signs a release with the key that the author rotated away",
        &cast.host,
        act.refused(Exit::Failed, "signature-not-in-force"),
        "issuer",
    )
}

/// A release of version 3 in the author's name, correct but for what the attack changes.
fn release(cast: &Cast, origin: &str, key: &SecretKey) -> Result<Record, CommandError> {
    let home = Home::below(&cast.author.home);
    let trust = trust::load(&home)?;
    let remote = Remote::new(&trust.registry);
    let memory = Memory::of(&home, &trust.contact.origin);
    let reach = Reach {
        trust,
        remote,
        memory,
    };
    let store = KeyStore::new(home.keys());
    let label = label("author")?;
    let author = identity::known(&reach, &store, &label)?;
    let skill: SkillName = "weather".parse().map_err(|e| broken("name a skill", &e))?;
    let key_of = MapKey::Skill(author, skill.clone());
    let last = reach
        .head()?
        .entry(&reach.remote, &key_of)?
        .map(|entry| entry.state);
    let previous = match last {
        Some(EntryState::Skill(previous)) => previous,
        Some(_) | None => None,
    };
    let body = Body::Release(Release {
        content: ContentDigest::of(b"something else"),
        skill,
        version: semver::Version::new(3, 0, 0),
        previous,
    });
    Record::sign(origin, Some(author), &body, &[key]).map_err(|e| broken("sign a record", &e))
}

fn author_key(cast: &Cast) -> Result<SecretKey, CommandError> {
    let store = KeyStore::new(Home::below(&cast.author.home).keys());
    Ok(store.open(&label("author")?, &Seal::Plain)?.current)
}

fn label(name: &str) -> Result<Label, CommandError> {
    name.parse().map_err(|_| broken("name a label", &name))
}

/// Copies a folder with its modes.
pub(super) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
