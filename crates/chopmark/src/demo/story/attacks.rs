//! Step 6: attacks on the chain. Each is refused with a code of its own, and nothing is written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Cast, World, forged, withheld};
use crate::demo::mirror::{Lie, Mirror};
use crate::demo::stage::{Act, Actor, Outcome, Stage, broken};
use crate::error::CommandError;
use crate::exit::Exit;

pub(super) fn play(
    stage: &mut Stage<'_>,
    cast: &Cast,
    world: &World,
    voucher: &str,
) -> Result<(), CommandError> {
    stage.step(
        "6",
        "Attacks on the chain: each refused, its culprit named, nothing written",
    );
    altered(stage, cast, world)?;
    cosignatures(stage, cast, world, voucher)?;
    forged::play(stage, cast, world)?;
    withheld::play(stage, cast, world)
}

/// One byte flipped: in a blob, in a leaf, in a proof, in a map node.
fn altered(stage: &mut Stage<'_>, cast: &Cast, world: &World) -> Result<(), CommandError> {
    for (what, folder, exit, code) in [
        (
            "a file of the skill",
            "blob/sha256/",
            Exit::Unverified,
            "blob-digest",
        ),
        (
            "a leaf of the log",
            "tile/entries/",
            Exit::Unverified,
            "leaf-altered",
        ),
        ("a proof", "tile/0/", Exit::Unverified, "proof-invalid"),
        (
            "a node of the map",
            "map/",
            Exit::Unverified,
            "map-node-altered",
        ),
    ] {
        let lie = move |path: &str, mut bytes: Vec<u8>| {
            if path.starts_with(folder)
                && !path.starts_with("map/list/")
                && let Some(byte) = bytes.last_mut()
            {
                *byte ^= 1;
            }
            Some(bytes)
        };
        let title = format!("a mirror flips one bit in {what}");
        let mirror = Mirror::of(world.registry.url(), Arc::new(lie))?;
        let act = again(&cast.host, "@sunny/weather@1.0.0", Some(&mirror));
        attack(
            stage,
            &title,
            &cast.host,
            act.refused(exit, code),
            "registry",
        )?;
    }
    Ok(())
}

/// Too few cosignatures, and enough of the wrong kind.
fn cosignatures(
    stage: &mut Stage<'_>,
    cast: &Cast,
    world: &World,
    voucher: &str,
) -> Result<(), CommandError> {
    let mirror = Mirror::of(world.registry.url(), keeping(&["w1", "w2", "w3", "w4"], 2))?;
    let act = again(&cast.host, "@sunny/weather@1.0.0", Some(&mirror));
    attack(
        stage,
        "two cosignatures where three are due",
        &cast.host,
        act.refused(Exit::Unverified, "checkpoint-quorum"),
        "registry",
    )?;
    let mut lenient = stage.actor("lenient-host")?;
    lenient.folder.clone_from(&lenient.user);
    let policy = world.plain_policy.to_string_lossy().into_owned();
    let (charter, root) = (
        format!("--charter={}", world.charter),
        format!("--root={voucher}"),
    );
    stage.run(lenient.does([
        "trust",
        "init",
        &policy,
        &charter,
        "--preset=demo",
        "--engine=static=chopmark-scan",
        "--depth=1",
        "--no-passphrase",
        &root,
    ]))?;
    let mirror = Mirror::of(world.registry.url(), keeping(&["p1", "p2", "p3"], 3))?;
    let act = again(&lenient, "@sunny/weather@1.0.0", Some(&mirror));
    attack(
        stage,
        "three cosignatures of witnesses that replay nothing",
        &lenient,
        act.refused(Exit::Unverified, "state-unproved"),
        "witness",
    )
}

/// A checkpoint with the log's signature and at most `count` cosignatures of `names`.
fn keeping(names: &'static [&'static str], count: usize) -> Arc<Lie> {
    Arc::new(move |path, bytes| {
        if path != "checkpoint" {
            return Some(bytes);
        }
        let mut kept = 0_usize;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let keep = |line: &&str| {
            let Some(rest) = line.strip_prefix("— ") else {
                return true;
            };
            let name = rest.split('.').next().unwrap_or_default();
            if !rest.contains(".witness.example ") {
                return true;
            }
            kept = kept.saturating_add(usize::from(names.contains(&name)));
            names.contains(&name) && kept <= count
        };
        let lines: Vec<&str> = text.lines().filter(keep).collect();
        Some(format!("{}\n", lines.join("\n")).into_bytes())
    })
}

/// `add` into a folder of its own, from a mirror if there is one.
pub(super) fn again<'a>(host: &'a Actor, release: &str, mirror: Option<&Mirror>) -> Act<'a> {
    let mut args = vec![
        "add".to_owned(),
        release.to_owned(),
        "--as=other".to_owned(),
    ];
    args.extend(mirror.map(|mirror| format!("--mirror={}", mirror.url())));
    host.does(args)
}

/// Plays an attack and looks at what it left.
pub(super) fn attack(
    stage: &mut Stage<'_>,
    title: &str,
    victim: &Actor,
    act: Act<'_>,
    culprit: &str,
) -> Result<(), CommandError> {
    stage.tell(title);
    let before = contents(victim)?;
    let outcome: Outcome = stage.run(act)?;
    let named = outcome
        .stderr
        .lines()
        .any(|line| line.trim() == format!("answerable: {culprit}"));
    let untouched = contents(victim)? == before;
    stage.check(
        &format!("answerable: {culprit}; nothing written"),
        named && untouched,
    );
    Ok(())
}

/// All that an installation would change: the project and what must not be lost.
fn contents(actor: &Actor) -> Result<BTreeMap<String, Vec<u8>>, CommandError> {
    let mut found = BTreeMap::new();
    for top in [
        &actor.folder,
        &actor.home.join("data"),
        &actor.home.join("config"),
    ] {
        walk(top, &mut found).map_err(|error| broken("look at a folder", &error))?;
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else {
            found.insert(path.to_string_lossy().into_owned(), std::fs::read(&path)?);
        }
    }
    Ok(())
}
