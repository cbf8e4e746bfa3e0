//! Walks a path on the caller's behalf where the kernel's own walk would mean the helper.
//!
//! `/proc/self` is the caller's, links out of `/proc` are followed one by one, and the walk ends
//! at a folder and a last name, so that what is done there cannot be moved by a race.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{
    CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2, readlinkat,
};
use rustix::io::Errno;
use rustix::path::DecInt;

use super::Supervisor;
use super::caller::Caller;

/// Where a walk ended.
pub(super) enum Walked {
    /// At the name `name` in `folder`; it may be missing.
    Name {
        folder: OwnedFd,
        name: Vec<u8>,
        found: Found,
    },
    /// At a folder itself: the path ended in `.`, `..`, a slash, or was the root.
    Folder(OwnedFd),
}

/// What stands at the last name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Missing,
    /// Something that is not a link, or a link that shall not be followed.
    Plain,
    /// A link of `/proc` that leads to an object and not to a path.
    Magic,
}

/// Whether a link at the last name is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    Follow,
    Stay,
}

impl Supervisor {
    /// The folder that relative paths of the caller begin at; none for absolute paths.
    pub(super) fn base(
        &self,
        caller: Caller,
        folder: i32,
        path: &[u8],
    ) -> Result<Option<OwnedFd>, Errno> {
        if path.starts_with(b"/") {
            return Ok(None);
        }
        let link = if folder == libc::AT_FDCWD {
            format!("{}/cwd", caller.thread)
        } else if folder < 0 {
            return Err(Errno::BADF);
        } else {
            format!("{}/fd/{folder}", caller.thread)
        };
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let opened = openat(&self.processes, link, flags, Mode::empty());
        opened.map(Some).map_err(|errno| {
            if errno == Errno::NOENT {
                Errno::BADF
            } else {
                errno
            }
        })
    }

    /// Walks `path` from `base`, or from the root.
    pub(super) fn walk(
        &self,
        caller: Caller,
        base: Option<BorrowedFd<'_>>,
        path: &[u8],
        last: Last,
    ) -> Result<Walked, Errno> {
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        let mut folder = start(base, path)?;
        self.walk_on(caller, &mut folder, &mut parts(path), last)
    }

    /// Where `path` leads, as far as that can be told: links are followed to the first part that
    /// is not there or may not be entered, and the rest is taken as it is written.
    pub(super) fn leads_to(
        &self,
        caller: Caller,
        base: Option<BorrowedFd<'_>>,
        path: &[u8],
        last: Last,
    ) -> Vec<u8> {
        if let Some(path) = self.missing_at_once(base, path) {
            return path;
        }
        let Ok(mut folder) = start(base, path) else {
            return self.intended(base, path);
        };
        let mut rest = parts(path);
        match self.walk_on(caller, &mut folder, &mut rest, last) {
            Ok(Walked::Folder(folder)) => self.path_of(folder.as_fd()),
            Ok(Walked::Name {
                folder,
                name,
                found: Found::Magic,
            }) => open_part(folder.as_fd(), &name, OFlags::empty()).map_or_else(
                |_| join(&self.path_of(folder.as_fd()), &name),
                |object| self.path_of(object.as_fd()),
            ),
            Ok(Walked::Name { folder, name, .. }) => join(&self.path_of(folder.as_fd()), &name),
            Err(_) => {
                let rest: Vec<Vec<u8>> = rest.into();
                self.intended(Some(folder.as_fd()), &rest.join(&b'/'))
            }
        }
    }

    /// The common case of an answer to [`Self::leads_to`]: a folder that is there and a name that
    /// is not. None when it is not so, or when the caller's `/proc` could be meant.
    fn missing_at_once(&self, base: Option<BorrowedFd<'_>>, path: &[u8]) -> Option<Vec<u8>> {
        let end = path
            .iter()
            .rposition(|byte| *byte == b'/')
            .map_or(0, |slash| slash.saturating_add(1));
        let (parent, name) = path.split_at_checked(end)?;
        if matches!(name, b"" | b"." | b"..") {
            return None;
        }
        let parent = if parent.is_empty() { b"." } else { parent };
        let folder = openat2(
            base.unwrap_or(CWD),
            OsStr::from_bytes(parent),
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::NO_MAGICLINKS,
        )
        .ok()?;
        if fstat(&folder).ok()?.st_dev == self.process_device {
            return None;
        }
        match open_part(folder.as_fd(), name, OFlags::NOFOLLOW) {
            Err(Errno::NOENT) => Some(join(&self.path_of(folder.as_fd()), name)),
            Ok(_) | Err(_) => None,
        }
    }

    /// Walks `rest` from `folder`; on failure both tell where it ended.
    fn walk_on(
        &self,
        caller: Caller,
        folder: &mut OwnedFd,
        rest: &mut VecDeque<Vec<u8>>,
        last: Last,
    ) -> Result<Walked, Errno> {
        let mut links = 0_u32;
        while let Some(part) = rest.pop_front() {
            match self.step(caller, folder, part.clone(), rest, last, &mut links) {
                Ok(Some(walked)) => return Ok(walked),
                Ok(None) => {}
                Err(errno) => {
                    rest.push_front(part);
                    return Err(errno);
                }
            }
        }
        folder
            .try_clone()
            .map(Walked::Folder)
            .map_err(super::io_errno)
    }

    /// One part further; the end of the walk when it is there.
    fn step(
        &self,
        caller: Caller,
        folder: &mut OwnedFd,
        part: Vec<u8>,
        rest: &mut VecDeque<Vec<u8>>,
        last: Last,
        links: &mut u32,
    ) -> Result<Option<Walked>, Errno> {
        let at_end = rest.is_empty();
        if part == b"." || part == b".." {
            *folder = open_part(folder.as_fd(), &part, OFlags::DIRECTORY)?;
            return Ok(None);
        }
        let in_processes = fstat(&*folder)?.st_dev == self.process_device;
        let part = if in_processes {
            self.own(caller, folder.as_fd(), part)?
        } else {
            part
        };
        let end = |folder: &OwnedFd, name, found| {
            let folder = folder.try_clone().map_err(super::io_errno)?;
            Ok(Some(Walked::Name {
                folder,
                name,
                found,
            }))
        };
        let next = match open_part(folder.as_fd(), &part, OFlags::NOFOLLOW) {
            Ok(next) => next,
            Err(Errno::NOENT) if at_end => return end(folder, part, Found::Missing),
            Err(errno) => return Err(errno),
        };
        let stat = fstat(&next)?;
        if !is_link(&stat) || (at_end && last == Last::Stay) {
            if at_end {
                return end(folder, part, Found::Plain);
            }
            *folder = next;
            return Ok(None);
        }
        *links = links.saturating_add(1);
        if *links > MOST_LINKS {
            return Err(Errno::LOOP);
        }
        if in_processes && !is_root_of_processes(&fstat(&*folder)?) {
            if at_end {
                return end(folder, part, Found::Magic);
            }
            *folder = open_part(folder.as_fd(), &part, OFlags::empty())?;
            return Ok(None);
        }
        let content = readlinkat(&next, "", Vec::new())?.into_bytes();
        if content.starts_with(b"/") {
            *folder = root()?;
        }
        for part in parts(&content).into_iter().rev() {
            rest.push_front(part);
        }
        Ok(None)
    }

    /// In `/proc`, the caller's own name for `self`; the helper's folder and memory are closed.
    fn own(&self, caller: Caller, folder: BorrowedFd<'_>, part: Vec<u8>) -> Result<Vec<u8>, Errno> {
        if part == b"mem" {
            return Err(Errno::ACCESS);
        }
        if !is_root_of_processes(&fstat(folder)?) {
            return Ok(part);
        }
        match part.as_slice() {
            b"self" => Ok(caller.pid.to_string().into_bytes()),
            b"thread-self" => Ok(format!("{}/task/{}", caller.pid, caller.thread).into_bytes()),
            b"1" => Err(Errno::ACCESS),
            _ => Ok(part),
        }
    }

    /// The path of an open object, as the kernel tells it.
    pub(super) fn path_of(&self, object: BorrowedFd<'_>) -> Vec<u8> {
        readlinkat(&self.descriptors, DecInt::from_fd(object), Vec::new())
            .map(std::ffi::CString::into_bytes)
            .unwrap_or_default()
    }

    /// The absolute path that was meant, without a look at links.
    pub(super) fn intended(&self, base: Option<BorrowedFd<'_>>, path: &[u8]) -> Vec<u8> {
        let mut whole = base.map(|base| self.path_of(base)).unwrap_or_default();
        whole.push(b'/');
        whole.extend_from_slice(path);
        let mut kept: Vec<&[u8]> = Vec::new();
        for part in whole.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => drop(kept.pop()),
                part => kept.push(part),
            }
        }
        [b"/".as_slice(), &kept.join(&b'/')].concat()
    }
}

/// `folder` and `name` as one path.
pub(super) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let folder = folder.strip_suffix(b"/").unwrap_or(folder);
    [folder, b"/", name].concat()
}

/// The parts of a path; a trailing slash counts as a last part `.`.
fn parts(path: &[u8]) -> VecDeque<Vec<u8>> {
    let mut parts: VecDeque<Vec<u8>> = path
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
        .map(<[u8]>::to_vec)
        .collect();
    if path.ends_with(b"/") || parts.is_empty() {
        parts.push_back(b".".to_vec());
    }
    parts
}

fn root() -> Result<OwnedFd, Errno> {
    openat(
        CWD,
        "/",
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// Where a walk of `path` begins.
fn start(base: Option<BorrowedFd<'_>>, path: &[u8]) -> Result<OwnedFd, Errno> {
    match base {
        Some(base) if !path.starts_with(b"/") => reopen(base),
        Some(_) | None => root(),
    }
}

fn reopen(folder: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    folder.try_clone_to_owned().map_err(super::io_errno)
}

fn open_part(folder: BorrowedFd<'_>, part: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::PATH | OFlags::CLOEXEC;
    openat(folder, OsStr::from_bytes(part), flags, Mode::empty())
}

fn is_link(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Symlink
}

/// The root of a process file system has inode 1.
fn is_root_of_processes(stat: &Stat) -> bool {
    stat.st_ino == 1
}

const MOST_LINKS: u32 = 40;
