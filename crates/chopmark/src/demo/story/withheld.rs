//! A root's veto, a registry that leaves it out, an old checkpoint, and two of one size.

use std::sync::Arc;

use chopmark_client::http::Http;
use chopmark_core::checkpoint::{Checkpoint, cosign};
use chopmark_core::digest::TreeHash;
use chopmark_core::note::{Note, sign_as_log};
use chopmark_registry::keyfile;

use super::attacks::{again, attack};
use super::world::ORIGIN;
use super::{Cast, World};
use crate::clock;
use crate::demo::mirror::Mirror;
use crate::demo::stage::{Stage, broken};
use crate::error::CommandError;
use crate::exit::Exit;

pub(super) fn play(stage: &mut Stage<'_>, cast: &Cast, world: &World) -> Result<(), CommandError> {
    let host = &cast.host;
    let release = "@sunny/weather@2.0.0";
    let old = checkpoint(world)?;
    stage.run(
        cast.voucher
            .does(["veto", release, "--reason", "malicious"]),
    )?;
    attack(
        stage,
        "a root of this host has vetoed version 2",
        host,
        again(host, release, None).refused(Exit::Denied, "vetoed"),
        "issuer",
    )?;
    let mirror = Mirror::of(
        world.registry.url(),
        Arc::new(|path, mut bytes| {
            if path.starts_with("map/list/") {
                // One item is 40 bytes: the newest record that someone made about the release.
                bytes.truncate(bytes.len().saturating_sub(40));
            }
            Some(bytes)
        }),
    )?;
    attack(
        stage,
        "a registry leaves the veto out of its answer",
        host,
        again(host, release, Some(&mirror)).refused(Exit::Unverified, "docket-altered"),
        "registry",
    )?;
    let mirror = Mirror::of(
        world.registry.url(),
        Arc::new(move |path, bytes| {
            let is_checkpoint = path == "checkpoint";
            Some(if is_checkpoint { old.clone() } else { bytes })
        }),
    )?;
    attack(
        stage,
        "a mirror shows the state of before the veto",
        host,
        again(host, release, Some(&mirror)).refused(Exit::Unverified, "checkpoint-rollback"),
        "registry",
    )?;
    split(stage, cast, world)
}

/// Operator and three witnesses lie together: another history of the same size.
fn split(stage: &mut Stage<'_>, cast: &Cast, world: &World) -> Result<(), CommandError> {
    let failed = |what: &'static str| move |error: &dyn std::fmt::Display| broken(what, error);
    let fork = fork(world)?;
    let mirror = Mirror::of(
        world.registry.url(),
        Arc::new(move |path, bytes| {
            let is_checkpoint = path == "checkpoint";
            Some(if is_checkpoint { fork.clone() } else { bytes })
        }),
    )?;
    // A host that saw a split view stops; the story goes on with another copy of it.
    let mut twin = stage.actor("twin-host")?;
    twin.folder = twin.user.join("project");
    super::forged::copy(&cast.host.home, &twin.home).map_err(|e| failed("copy a folder")(&e))?;
    chopmark_client::durable::public_folder(&twin.folder)?;
    attack(
        stage,
        "operator and three witnesses together sign another history of the same size",
        &twin,
        again(&twin, "@sunny/weather@1.0.0", Some(&mirror)).refused(Exit::Unverified, "split-view"),
        "registry",
    )?;
    let origins = twin.home.join("state/origins");
    let evidence = std::fs::read_dir(origins).map_err(|e| failed("list a folder")(&e))?;
    let kept = evidence.filter_map(Result::ok).any(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|end| end == "split-view")
    });
    stage.check("both signed histories are kept as evidence", kept);
    stage.tell("enough liars can lie, but not unseen: their signatures convict them");
    Ok(())
}

fn checkpoint(world: &World) -> Result<Vec<u8>, CommandError> {
    let url = format!("{}/checkpoint", world.registry.url());
    let found = Http::new().file(&url, 1 << 20);
    found
        .ok()
        .flatten()
        .ok_or_else(|| broken("read the checkpoint", &url))
}

fn fork(world: &World) -> Result<Vec<u8>, CommandError> {
    let failed = |error: &dyn std::fmt::Display| broken("forge a checkpoint", error);
    let now = checkpoint(world)?;
    let text = Note::parse(&now).map_err(|e| failed(&e))?.text().to_owned();
    let mut other = Checkpoint::parse(&text).map_err(|e| failed(&e))?;
    other.root = TreeHash::from_bytes([0x66; 32]);
    let text = other.text();
    let key = |path: std::path::PathBuf| keyfile::read(&path).map_err(|e| failed(&e));
    let log = key(world.operator.folder.join("log/log.key"))?;
    let mut lines = vec![sign_as_log(ORIGIN, &log, &text).map_err(|e| failed(&e))?];
    for name in ["w1", "w2", "w3"] {
        let witness = key(world.witnesses.folder.join(name).join("witness.key"))?;
        let full = format!("{name}.witness.example");
        lines.push(cosign(&full, &witness, &text, clock::now()).map_err(|e| failed(&e))?);
    }
    let note = Note::new(&text, lines).map_err(|e| failed(&e))?;
    Ok(note.to_string().into_bytes())
}
