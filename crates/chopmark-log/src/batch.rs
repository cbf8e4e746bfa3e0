//! One batch, from judged records to the bytes of its files: steps 2 to 5 of the sequencer.

use std::collections::BTreeMap;

use chopmark_core::{
    checkpoint::Checkpoint,
    digest::TreeHash,
    entry::{EntryState, MapKey},
    merkle,
    record::{Record, State},
    rules::RuleError,
    state::{LogState, StateError},
    tile::{
        TILE_WIDTH, Tile, bundle_bytes, bundle_of, parse_bundle, subtree_from, tile_bytes,
        tiles_between,
    },
};

use crate::{
    commit::{Bundle, Head},
    disk::{Disk, list_path, node_path},
    frontier::Frontier,
    log::LogError,
    operator::Operator,
    reachable::keep_reachable,
    reader::{ReadError, Reader},
};

/// What became of a submitted record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is a new leaf.
    Appended {
        /// Its index.
        index: u64,
    },
    /// The same payload is in the log already.
    Known {
        /// The index of the leaf that holds it.
        index: u64,
    },
    /// The rules refuse it.
    Refused(RuleError),
}

/// Whether there is a batch when no record is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    /// A state leaf alone.
    Always,
    /// No batch.
    IfAny,
}

/// A batch in memory: nothing of it is durable.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) head: Head,
    pub(crate) frontier: Frontier,
    pub(crate) bundle: Bundle,
}

/// Judges `records` and stages a batch of those that the rules accept, with the state leaf that
/// closes it; no batch when there is none.
pub(crate) fn stage(
    disk: &Disk,
    operator: &Operator,
    before: (&Head, &Frontier),
    records: &[Record],
    now: u64,
    batch: Batch,
) -> Result<(Vec<Verdict>, Option<Staged>), LogError> {
    let (head, frontier) = before;
    let mut state = LogState::resume(&operator.origin, disk.clone(), head.position);
    let mut leaves = Vec::new();
    let mut verdicts = Vec::new();

    // 2. Judge each record.
    for record in records {
        let index = state.position().size;
        let verdict = match state.judge(record) {
            Ok(_) => {
                state.push(record.bytes())?;
                leaves.push(record.bytes().to_vec());
                Verdict::Appended { index }
            }
            Err(StateError::Rule(RuleError::Duplicate { .. })) => {
                known(disk, head, &leaves, &state, record)?
            }
            Err(StateError::Rule(RuleError::Upgrade { version })) => {
                return Err(StateError::Rule(RuleError::Upgrade { version }).into());
            }
            Err(StateError::Rule(error)) => Verdict::Refused(error),
            Err(error) => return Err(error.into()),
        };
        verdicts.push(verdict);
    }
    if leaves.is_empty() && batch == Batch::IfAny {
        return Ok((verdicts, None));
    }

    // 3. Build state leaf, tiles, map nodes.
    let at = state.position();
    let closing = operator.sign_state(State {
        index: at.size,
        previous_index: at.last_state.map(|s| s.index),
        previous_root: at
            .last_state
            .map_or_else(chopmark_core::map::empty_root, |s| s.root),
        root: at.root,
        time: at.last_state.map_or(now, |s| s.time.max(now)),
    })?;
    state.judge(&closing)?;
    state.push(closing.bytes())?;
    leaves.push(closing.bytes().to_vec());
    let position = state.position();
    let fresh = keep_reachable(state.take_fresh(), position.root);

    let mut frontier = frontier.clone();
    let mut made = BTreeMap::new();
    for leaf in &leaves {
        for subtree in frontier.push(&merkle::leaf_hash(leaf)) {
            made.insert((subtree.level, subtree.index), subtree.hash);
        }
    }
    let mut bundle = tiles(disk, head.position.size, &leaves, &made)?;
    bundle.extend(fresh.nodes.into_iter().map(|(h, b)| (node_path(&h), b)));
    bundle.extend(fresh.lists.into_iter().map(|(h, b)| (list_path(&h), b)));

    // 4. Derive the root a second time, from the bytes that will be written.
    let root = frontier.root();
    if derive_again(disk, &bundle, head.position.size, position.size)? != root {
        return Err(LogError::Derivation);
    }

    // 5. Sign.
    let checkpoint = operator.sign_checkpoint(&Checkpoint {
        origin: operator.origin.clone(),
        size: position.size,
        root,
    })?;
    let head = Head {
        position,
        root,
        checkpoint: checkpoint.to_string().into_bytes(),
    };
    Ok((
        verdicts,
        Some(Staged {
            head,
            frontier,
            bundle,
        }),
    ))
}

/// Finds the leaf with the record's statement id and compares payloads.
fn known(
    disk: &Disk,
    head: &Head,
    leaves: &[Vec<u8>],
    state: &LogState<Disk>,
    record: &Record,
) -> Result<Verdict, LogError> {
    let refused = Verdict::Refused(RuleError::Duplicate {
        statement: record.id(),
    });
    let entry = state.entry(&MapKey::Statement(record.id()))?;
    let Some(EntryState::Statement(facts)) = entry.map(|entry| entry.state) else {
        return Ok(refused);
    };
    let index = facts.index;
    let leaf = match index.checked_sub(head.position.size) {
        None => Reader::new(disk.clone(), head.position.size).leaf(index)?,
        Some(place) => usize::try_from(place)
            .ok()
            .and_then(|place| leaves.get(place))
            .cloned()
            .unwrap_or_default(),
    };
    let same = Record::parse(&leaf)
        .is_ok_and(|held| held.envelope().payload() == record.envelope().payload());
    Ok(if same {
        Verdict::Known { index }
    } else {
        refused
    })
}

/// Makes the tiles and entry bundles that hold the new leaves.
fn tiles(
    disk: &Disk,
    before: u64,
    leaves: &[Vec<u8>],
    made: &BTreeMap<(u32, u64), TreeHash>,
) -> Result<Bundle, LogError> {
    let size = before.saturating_add(u64::try_from(leaves.len()).unwrap_or(u64::MAX));
    let old = Reader::new(disk.clone(), before);
    let read = |level, index| match made.get(&(level, index)) {
        Some(hash) => Ok(*hash),
        None => old.subtree(level, index),
    };
    let mut bundle = Bundle::new();
    for tile in tiles_between(before, size) {
        let bytes = match tile.level {
            Some(_) => tile_bytes(&read, &tile)?,
            None => {
                let first = tile.index.saturating_mul(TILE_WIDTH);
                let held = if first < before {
                    held(disk, first, before)?
                } else {
                    Vec::new()
                };
                let from = usize::try_from(first.saturating_sub(before)).unwrap_or(usize::MAX);
                let room = usize::try_from(tile.width)
                    .unwrap_or(usize::MAX)
                    .saturating_sub(held.len());
                let entries = held.iter().chain(leaves.iter().skip(from).take(room));
                bundle_bytes(entries.map(Vec::as_slice)).ok_or(LogError::LeafTooLarge)?
            }
        };
        bundle.push((tile.path(), bytes));
    }
    Ok(bundle)
}

/// Reads the entries of the partial bundle that begins at `first`.
fn held(disk: &Disk, first: u64, size: u64) -> Result<Vec<Vec<u8>>, LogError> {
    let (tile, _) = bundle_of(first, size);
    let path = tile.path();
    let bytes = disk
        .read(&path)?
        .ok_or_else(|| ReadError::Missing(path.clone()))?;
    let entries = parse_bundle(&bytes).ok_or(ReadError::Short(path))?;
    Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
}

/// Returns the root of the tiles as serialized, after comparing each serialized entry with them.
fn derive_again(
    disk: &Disk,
    bundle: &Bundle,
    before: u64,
    size: u64,
) -> Result<TreeHash, LogError> {
    let load = |tile: &Tile| {
        let path = tile.path();
        match bundle.iter().find(|(staged, _)| *staged == path) {
            Some((_, bytes)) => Ok(bytes.clone()),
            None => disk.read(&path)?.ok_or(ReadError::Missing(path)),
        }
    };
    let read = |level, index| {
        subtree_from(&load, size, level, index)?.ok_or(ReadError::Subtree { level, index })
    };
    for tile in tiles_between(before, size)
        .into_iter()
        .filter(|t| t.level.is_none())
    {
        let bytes = load(&tile)?;
        let entries = parse_bundle(&bytes).unwrap_or_default();
        if u64::try_from(entries.len()) != Ok(tile.width) {
            return Err(LogError::Derivation);
        }
        let first = tile.index.saturating_mul(TILE_WIDTH);
        for (index, entry) in (first..).zip(entries) {
            if merkle::single(&merkle::leaf_hash(entry)) != read(0, index)? {
                return Err(LogError::Derivation);
            }
        }
    }
    Ok(merkle::root_from(&read, size)?)
}
