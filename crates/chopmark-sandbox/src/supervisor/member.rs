//! The processes of the run, as `/proc` tells of them.

use rustix::fs::{CWD, Dir, Mode, OFlags, openat};

/// A process; the newest is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    /// When it started, in ticks.
    pub(super) started: u64,
    pub(super) pid: u32,
    pub(super) parent: u32,
    pub(super) threads: u64,
    /// Processor time of its own, in ticks.
    pub(super) own: u64,
    /// Processor time of the children that it asked for, and of theirs, in ticks.
    pub(super) of_children: u64,
    /// It ended, and its parent has not asked how.
    pub(super) dead: bool,
}

/// Every process but the helper.
pub(super) fn members() -> Vec<Member> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let entries = openat(CWD, "/proc", flags, Mode::empty()).and_then(Dir::new);
    entries
        .into_iter()
        .flat_map(Iterator::flatten)
        .filter_map(|entry| entry.file_name().to_str().ok()?.parse::<u32>().ok())
        .filter(|pid| *pid != HELPER)
        .filter_map(member)
        .collect()
}

/// The process `pid`.
pub(super) fn member(pid: u32) -> Option<Member> {
    let text = read(&format!("/proc/{pid}/stat"))?;
    // The name before may hold anything.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Member {
        started: field(19)?,
        pid,
        parent: u32::try_from(field(1)?).ok()?,
        threads: field(17)?,
        own: field(11)?.saturating_add(field(12)?),
        of_children: field(13)?.saturating_add(field(14)?),
        dead: matches!(fields.first(), Some(&"Z" | &"X")),
    })
}

/// The beginning of a small file.
pub(super) fn read(path: &str) -> Option<String> {
    let file = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut text = vec![0_u8; 1024];
    let count = rustix::io::read(&file, &mut text).ok()?;
    text.truncate(count);
    String::from_utf8(text).ok()
}

/// The helper is the first process of its namespace.
pub(super) const HELPER: u32 = 1;
