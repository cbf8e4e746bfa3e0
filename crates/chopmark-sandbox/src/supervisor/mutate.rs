//! Changes of the tree: carried out for the caller on a resolved folder and name.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, fstat, linkat, mkdirat, mknodat, openat,
    renameat_with, symlinkat, unlinkat,
};
use rustix::io::Errno;

use super::Supervisor;
use super::caller::Caller;
use super::create::take_umask;
use super::memory::{int, unsigned};
use super::resolve::{Found, Last, Walked, join};
use crate::journal::{Access, Operation};
use crate::report::Report;
use crate::setup::rule;
use crate::sys::notify::Notification;

/// A folder and a name in it that a change is about.
pub(super) struct Spot {
    pub(super) folder: OwnedFd,
    pub(super) name: Vec<u8>,
    pub(super) path: Vec<u8>,
    pub(super) found: Found,
}

const HERE: u64 = 0xFFFF_FF9C; // AT_FDCWD as a register

impl Supervisor {
    /// Dispatches every changing call.
    pub(super) fn mutate(&self, call: &Notification, caller: Caller) {
        let [a, b, c, d, e, _] = call.arguments;
        let outcome = match i64::from(call.number) {
            libc::SYS_unlink => self.remove(call, caller, HERE, a, AtFlags::empty()),
            libc::SYS_rmdir => self.remove(call, caller, HERE, a, AtFlags::REMOVEDIR),
            libc::SYS_unlinkat => {
                self.remove(call, caller, a, b, AtFlags::from_bits_retain(unsigned(c)))
            }
            libc::SYS_rename => self.rename(call, caller, (HERE, a), (HERE, b), 0),
            libc::SYS_renameat => self.rename(call, caller, (a, b), (c, d), 0),
            libc::SYS_renameat2 => self.rename(call, caller, (a, b), (c, d), unsigned(e)),
            libc::SYS_link => self.link(call, caller, (HERE, a), (HERE, b), 0),
            libc::SYS_linkat => self.link(call, caller, (a, b), (c, d), unsigned(e)),
            libc::SYS_symlink => self.symlink(call, caller, a, (HERE, b)),
            libc::SYS_symlinkat => self.symlink(call, caller, a, (b, c)),
            libc::SYS_mkdir => self.mkdir(call, caller, (HERE, a), unsigned(b)),
            libc::SYS_mkdirat => self.mkdir(call, caller, (a, b), unsigned(c)),
            libc::SYS_mknod => self.mknod(call, caller, (HERE, a), unsigned(b)),
            libc::SYS_mknodat => self.mknod(call, caller, (a, b), unsigned(c)),
            _ => return self.change_attributes(call, caller),
        };
        if let Err(errno) = outcome {
            self.fail(call, errno);
        }
    }

    /// Resolves `address` relative to the caller's `folder`.
    pub(super) fn spot(
        &self,
        caller: Caller,
        folder: u64,
        path: &[u8],
        last: Last,
    ) -> Result<Spot, Errno> {
        let base = self.base(caller, int(folder), path)?;
        let base = base.as_ref().map(AsFd::as_fd);
        match self.walk(caller, base, path, last) {
            Ok(Walked::Name {
                folder,
                name,
                found,
            }) => {
                let path = join(&self.path_of(folder.as_fd()), &name);
                Ok(Spot {
                    folder,
                    name,
                    path,
                    found,
                })
            }
            Ok(Walked::Folder(folder)) => {
                let path = self.path_of(folder.as_fd());
                Ok(Spot {
                    folder,
                    name: b".".to_vec(),
                    path,
                    found: Found::Plain,
                })
            }
            Err(errno) => Err(errno),
        }
    }

    /// A spot whose name may end in a slash: then it must be a folder, or nothing yet.
    fn folder_or_file(&self, caller: Caller, folder: u64, path: &[u8]) -> Result<Spot, Errno> {
        let trimmed = trim_slashes(path);
        let spot = self.spot(caller, folder, trimmed, Last::Stay)?;
        let is_folder = |found: OwnedFd| {
            fstat(&found)
                .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
        };
        let other = object(spot.folder.as_fd(), &spot.name).is_ok_and(|found| !is_folder(found));
        if trimmed != path && other {
            return Err(Errno::NOTDIR);
        }
        Ok(spot)
    }

    /// Runs `act` unless the spots are control paths, records it and answers.
    fn carry_out(
        &self,
        call: &Notification,
        mut access: Access,
        is_control: bool,
        act: impl FnOnce() -> Result<(), Errno>,
    ) {
        if is_control {
            return self.refuse(call, access, rule::CONTROL_PATH, Errno::ACCESS);
        }
        let outcome = act();
        self.judge(&mut access, outcome);
        self.report(&Report::Access(access));
        match outcome {
            Ok(()) => self.succeed(call),
            Err(errno) => self.fail(call, errno),
        }
    }

    /// A record of `operation` at a path that could not be resolved, with its error.
    fn lost(
        &self,
        call: &Notification,
        mut access: Access,
        folder: u64,
        errno: Errno,
    ) -> Result<(), Errno> {
        let caller = Caller {
            thread: call.thread,
            pid: access.pid,
            program: access.program,
        };
        let base = self
            .base(caller, int(folder), &access.requested)
            .unwrap_or(None);
        let base = base.as_ref().map(AsFd::as_fd);
        access.resolved = self.leads_to(caller, base, &access.requested, Last::Stay);
        self.judge(&mut access, Err(errno));
        self.report(&Report::Access(access));
        Err(errno)
    }

    fn remove(
        &self,
        call: &Notification,
        caller: Caller,
        folder: u64,
        address: u64,
        flags: AtFlags,
    ) -> Result<(), Errno> {
        let operation = if flags.contains(AtFlags::REMOVEDIR) {
            Operation::Rmdir
        } else {
            Operation::Unlink
        };
        let mut access = self.access(caller, operation);
        access.requested = self.read_path(call, address)?;
        let path = if operation == Operation::Rmdir {
            trim_slashes(&access.requested)
        } else {
            &access.requested
        };
        let path = path.to_vec();
        let spot = match self.spot(caller, folder, &path, Last::Stay) {
            Ok(spot) => spot,
            Err(errno) => return self.lost(call, access, folder, errno),
        };
        access.flags = u64::from(flags.bits());
        describe(&mut access, &spot);
        let is_control = self.is_control_name(&spot.path);
        if operation == Operation::Unlink && !is_control {
            self.note_before(&spot.folder, OsStr::from_bytes(&spot.name), spot.found);
            access.second = self.tell_before(access.device, access.inode);
        }
        let act = || unlinkat(&spot.folder, OsStr::from_bytes(&spot.name), flags);
        self.carry_out(call, access, is_control, act);
        Ok(())
    }

    fn rename(
        &self,
        call: &Notification,
        caller: Caller,
        from: (u64, u64),
        to: (u64, u64),
        flags: u32,
    ) -> Result<(), Errno> {
        let mut access = self.access(caller, Operation::Rename);
        access.requested = self.read_path(call, from.1)?;
        let new = self.read_path(call, to.1)?;
        let old = match self.folder_or_file(caller, from.0, &access.requested) {
            Ok(spot) => spot,
            Err(errno) => return self.lost(call, access, from.0, errno),
        };
        describe(&mut access, &old);
        let new = match self.folder_or_file(caller, to.0, &new) {
            Ok(spot) => spot,
            Err(errno) => {
                access.second = new;
                return self.lost(call, access, from.0, errno);
            }
        };
        access.second = new.path.clone();
        access.flags = u64::from(flags);
        let is_control = self.is_control_name(&old.path) || self.is_control_name(&new.path);
        self.carry_out(call, access, is_control, || {
            let flags = RenameFlags::from_bits(flags).ok_or(Errno::INVAL)?;
            let (from, to) = (OsStr::from_bytes(&old.name), OsStr::from_bytes(&new.name));
            renameat_with(&old.folder, from, &new.folder, to, flags)
        });
        Ok(())
    }

    fn link(
        &self,
        call: &Notification,
        caller: Caller,
        from: (u64, u64),
        to: (u64, u64),
        flags: u32,
    ) -> Result<(), Errno> {
        let mut access = self.access(caller, Operation::Link);
        access.requested = self.read_path(call, from.1)?;
        let new = self.read_path(call, to.1)?;
        access.flags = u64::from(flags);
        let flags = AtFlags::from_bits_retain(flags);
        let last = if flags.contains(AtFlags::SYMLINK_FOLLOW) {
            Last::Follow
        } else {
            Last::Stay
        };
        let by_descriptor = flags.contains(AtFlags::EMPTY_PATH) && access.requested.is_empty();
        let old = if by_descriptor {
            Err(Errno::NOENT) // needs a capability that no skill has
        } else {
            self.spot(caller, from.0, &access.requested, last)
        };
        let old = match old {
            Ok(spot) => spot,
            Err(errno) => return self.lost(call, access, from.0, errno),
        };
        describe(&mut access, &old);
        // What a descriptor holds is pinned, so that what is judged is what gets the name.
        let held = match old.found {
            Found::Magic => Some(self.held(&mut access, &old)?),
            Found::Missing | Found::Plain => None,
        };
        let new = self.spot(caller, to.0, &new, Last::Stay)?;
        access.second = new.path.clone();
        let is_control = self.is_control_name(&access.resolved) || self.is_control_name(&new.path);
        self.carry_out(call, access, is_control, || {
            let to = OsStr::from_bytes(&new.name);
            match &held {
                Some(held) => {
                    let from = format!("/proc/self/fd/{}", held.as_raw_fd());
                    linkat(CWD, from, &new.folder, to, AtFlags::SYMLINK_FOLLOW)
                }
                None => {
                    let from = OsStr::from_bytes(&old.name);
                    linkat(&old.folder, from, &new.folder, to, AtFlags::empty())
                }
            }
        });
        Ok(())
    }

    /// The object behind a link of `/proc`; the record then tells of it.
    fn held(&self, access: &mut Access, spot: &Spot) -> Result<OwnedFd, Errno> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let name = OsStr::from_bytes(&spot.name);
        let held = openat(&spot.folder, name, flags, Mode::empty())?;
        access.resolved = self.path_of(held.as_fd());
        let stat = fstat(&held)?;
        (access.device, access.inode) = (stat.st_dev, stat.st_ino);
        Ok(held)
    }

    fn symlink(
        &self,
        call: &Notification,
        caller: Caller,
        content: u64,
        at: (u64, u64),
    ) -> Result<(), Errno> {
        let mut access = self.access(caller, Operation::Symlink);
        access.second = self.read_path(call, content)?;
        access.requested = self.read_path(call, at.1)?;
        let spot = match self.spot(caller, at.0, &access.requested, Last::Stay) {
            Ok(spot) => spot,
            Err(errno) => return self.lost(call, access, at.0, errno),
        };
        access.resolved = spot.path.clone();
        let is_control = self.is_control_name(&spot.path);
        let content = access.second.clone();
        self.carry_out(call, access, is_control, || {
            let name = OsStr::from_bytes(&spot.name);
            symlinkat(OsStr::from_bytes(&content), &spot.folder, name)
        });
        Ok(())
    }

    fn mkdir(
        &self,
        call: &Notification,
        caller: Caller,
        at: (u64, u64),
        mode: u32,
    ) -> Result<(), Errno> {
        let mut access = self.access(caller, Operation::Mkdir);
        access.requested = self.read_path(call, at.1)?;
        // A folder may be named with a slash at its end before it is there.
        let path = trim_slashes(&access.requested).to_vec();
        let spot = match self.spot(caller, at.0, &path, Last::Stay) {
            Ok(spot) => spot,
            Err(errno) => return self.lost(call, access, at.0, errno),
        };
        access.resolved = spot.path.clone();
        access.flags = u64::from(mode);
        let is_control = self.is_control(&spot.path) && spot.found == Found::Missing;
        self.carry_out(call, access, is_control, || {
            take_umask(caller);
            let mode = Mode::from_raw_mode(mode & 0o7777);
            mkdirat(&spot.folder, OsStr::from_bytes(&spot.name), mode)
        });
        Ok(())
    }

    fn mknod(
        &self,
        call: &Notification,
        caller: Caller,
        at: (u64, u64),
        mode: u32,
    ) -> Result<(), Errno> {
        let mut access = self.access(caller, Operation::Mknod);
        access.requested = self.read_path(call, at.1)?;
        let spot = match self.spot(caller, at.0, &access.requested, Last::Stay) {
            Ok(spot) => spot,
            Err(errno) => return self.lost(call, access, at.0, errno),
        };
        access.resolved = spot.path.clone();
        access.flags = u64::from(mode);
        let is_control = self.is_control_name(&spot.path);
        self.carry_out(call, access, is_control, || {
            take_umask(caller);
            let kind = match FileType::from_raw_mode(mode) {
                FileType::Fifo => FileType::Fifo,
                FileType::Socket => FileType::Socket,
                FileType::RegularFile | FileType::Unknown => FileType::RegularFile,
                FileType::BlockDevice | FileType::CharacterDevice => return Err(Errno::PERM),
                FileType::Directory | FileType::Symlink => return Err(Errno::INVAL),
            };
            let mode = Mode::from_raw_mode(mode & 0o7777);
            mknodat(&spot.folder, OsStr::from_bytes(&spot.name), kind, mode, 0)
        });
        Ok(())
    }
}

/// Fills path and object of a record.
fn describe(access: &mut Access, spot: &Spot) {
    access.resolved = spot.path.clone();
    if let Ok(object) = object(spot.folder.as_fd(), &spot.name)
        && let Ok(stat) = fstat(&object)
    {
        (access.device, access.inode) = (stat.st_dev, stat.st_ino);
    }
}

fn object(folder: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(folder, OsStr::from_bytes(name), flags, Mode::empty())
}

fn trim_slashes(path: &[u8]) -> &[u8] {
    let kept = path
        .iter()
        .rposition(|byte| *byte != b'/')
        .map_or(1, |last| last.saturating_add(1));
    path.get(..kept).unwrap_or(path)
}
