//! Everything derived again: `fsck` compares, `rebuild` makes anew.

use std::path::Path;

use chopmark_core::{
    checkpoint::Checkpoint,
    merkle,
    record::{Kind, Record},
    state::{Fresh, LogState, Position},
};

use crate::{
    commit::Head,
    disk::{Disk, list_path, node_path},
    frontier::Frontier,
    log::{Log, LogError},
    operator::Operator,
    reachable::keep_reachable,
    reader::Reader,
};

/// What a check went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Leaves read, hashed and judged.
    pub leaves: u64,
    /// Map nodes and lists compared with their files.
    pub nodes: u64,
    /// Where the log stands, as derived.
    pub position: Position,
}

/// Reads every leaf of a log of `size` leaves below `disk`, compares it with the tiles, judges it,
/// and compares the map's files at each state leaf with what the leaves make.
///
/// # Errors
///
/// [`LogError`] names the first file or leaf that is wrong. Nothing is changed.
pub fn check(disk: &Disk, origin: &str, size: u64) -> Result<(Report, Frontier), LogError> {
    let mut nodes = 0u64;
    let (position, frontier) = replay(disk, origin, size, &mut |fresh| {
        for (path, bytes) in files(fresh) {
            nodes = nodes.saturating_add(1);
            if disk.read(&path)?.as_deref() != Some(bytes.as_slice()) {
                return Err(crate::reader::ReadError::Short(path).into());
            }
        }
        Ok(())
    })?;
    let report = Report {
        leaves: size,
        nodes,
        position,
    };
    Ok((report, frontier))
}

/// Checks the log in `folder` wholly: tiles, leaves, map, commit row, public checkpoint.
///
/// # Errors
///
/// [`LogError`] names the first thing that is wrong.
pub fn fsck(log: &Log) -> Result<Report, LogError> {
    let head = log.head();
    let (report, frontier) = check(log.disk(), &log.operator().origin, head.position.size)?;
    if report.position != head.position || frontier.root() != head.root {
        return Err(LogError::Derivation);
    }
    if let Some((public, note)) = log.published()? {
        let root = Reader::new(log.disk().clone(), public.size).root()?;
        let key = log.operator().verifier()?;
        let line = note.lines_of(&key).next().ok_or(LogError::NotOurs)?;
        chopmark_core::checkpoint::verify_line(&key, line, note.text())?;
        if public.size > head.position.size || root != public.root {
            return Err(LogError::NotOurs);
        }
    }
    Ok(report)
}

/// Makes commit row and map anew from the tiles, up to the public checkpoint.
///
/// Leaves that were committed and never public are lost if the database is; nobody saw them.
///
/// # Errors
///
/// [`LogError`] when the tiles do not lead to the public checkpoint's root.
pub fn rebuild(folder: &Path, operator: Operator) -> Result<(Log, Report), LogError> {
    let mut log = Log::bare(folder, operator)?;
    let (public, _) = log.published()?.ok_or(LogError::NoLog)?;
    if log
        .commits_mut()
        .head()?
        .is_some_and(|h| h.position.size > public.size)
    {
        // The database knows more than the public checkpoint: it is not to be forgotten.
        log.recover()?;
        let report = fsck(&log)?;
        return Ok((log, report));
    }
    let disk = log.disk().clone();
    let origin = log.operator().origin.clone();
    let (position, frontier) = replay(&disk, &origin, public.size, &mut |fresh| {
        let files: Vec<_> = files(fresh).collect();
        Ok(disk.write_immutable(&files)?)
    })?;
    if frontier.root() != public.root {
        return Err(LogError::Derivation);
    }
    let checkpoint = Checkpoint {
        origin,
        size: public.size,
        root: public.root,
    };
    let note = log.operator().sign_checkpoint(&checkpoint)?;
    let head = Head {
        position,
        root: public.root,
        checkpoint: note.to_string().into_bytes(),
    };
    log.commits_mut().restart(&head)?;
    log.recover()?;
    let report = fsck(&log)?;
    Ok((log, report))
}

/// Pushes every leaf through a state held in memory; at each state leaf hands over what its
/// batch made.
fn replay(
    disk: &Disk,
    origin: &str,
    size: u64,
    closed: &mut dyn FnMut(&Fresh) -> Result<(), LogError>,
) -> Result<(Position, Frontier), LogError> {
    let reader = Reader::new(disk.clone(), size);
    let mut all = Fresh::default();
    let mut at = Position::start();
    let mut frontier = Frontier::default();
    while at.size < size {
        let mut state = LogState::resume(origin, all, at);
        let mut last = None;
        while state.position().size < size && last != Some(Kind::State) {
            let index = state.position().size;
            let leaf = reader.leaf(index)?;
            let hash = merkle::leaf_hash(&leaf);
            if reader.subtree(0, index)? != merkle::single(&hash) {
                let problem = "its tile holds another hash".to_owned();
                return Err(LogError::Leaf { index, problem });
            }
            if let Some(void) = state.push(&leaf)?.void {
                let problem = format!("it is void: {void}");
                return Err(LogError::Leaf { index, problem });
            }
            frontier.push(&hash);
            last = Record::parse(&leaf).ok().map(|record| record.kind());
        }
        at = state.position();
        if last != Some(Kind::State) {
            return Err(LogError::Leaf {
                index: at.size.saturating_sub(1),
                problem: "the last leaf is no state leaf".to_owned(),
            });
        }
        let fresh = keep_reachable(state.take_fresh(), at.root);
        closed(&fresh)?;
        all = std::mem::take(state.store_mut());
        all.nodes.extend(fresh.nodes);
        all.lists.extend(fresh.lists);
    }
    if reader.root()? != frontier.root() {
        return Err(LogError::Derivation);
    }
    Ok((at, frontier))
}

fn files(fresh: &Fresh) -> impl Iterator<Item = (String, Vec<u8>)> {
    let nodes = fresh.nodes.iter().map(|(h, b)| (node_path(h), b.clone()));
    let lists = fresh.lists.iter().map(|(h, b)| (list_path(h), b.clone()));
    nodes.chain(lists)
}
