//! The skill's root: an empty file system in memory with what the plan names in it.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    CWD, FileType, Mode, OFlags, ResolveFlags, fstat, mkdirat, openat, openat2, symlinkat,
};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags, fsconfig_create, fsconfig_set_flag, fsconfig_set_string, fsmount,
    fsopen, mount_change, move_mount, open_tree, unmount,
};

use crate::setup::{BindAccess, Mount};
use crate::sys::mount::{Attributes, Reach, set_attributes};

/// Builds the root and moves into it; afterwards nothing of the host's tree can be reached.
pub(crate) fn build(mounts: &[Mount]) -> Result<(), Errno> {
    mount_change(
        "/",
        MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC,
    )?;
    let trees = mounts.iter().map(tree).collect::<Result<Vec<_>, _>>()?;
    let root = memory(ROOT_BYTES, 0o755, MountAttrFlags::empty())?;
    move_mount(
        &root,
        "",
        CWD,
        "/tmp",
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )?;
    rustix::process::fchdir(&root)?;
    let mut folders = Folders::new(root.as_fd());
    for (mount, tree) in mounts.iter().zip(trees) {
        place(&mut folders, mount, tree)?;
    }
    drop(folders);
    rustix::process::pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    rustix::process::chdir("/")
}

/// Makes the root, the process file system and closed memory read-only, after the last file was written there.
pub(crate) fn seal(mounts: &[Mount]) -> Result<(), Errno> {
    let closed = mounts.iter().filter_map(|mount| match mount {
        Mount::Memory {
            target,
            writable: false,
            ..
        } => Some(target.as_path()),
        Mount::Memory { .. }
        | Mount::Bind { .. }
        | Mount::Overlay { .. }
        | Mount::Processes
        | Mount::Terminals
        | Mount::Link { .. }
        | Mount::File { .. } => None,
    });
    for path in [Path::new("/"), Path::new("/proc")]
        .into_iter()
        .chain(closed)
    {
        let mount = open_path(CWD, path, OFlags::DIRECTORY)?;
        set_attributes(mount.as_fd(), Attributes::READ_ONLY, Reach::One)?;
    }
    Ok(())
}

/// Writes a file that the root shall hold besides the plan's.
pub(crate) fn write_file(path: &Path, content: &[u8]) -> Result<(), Errno> {
    let relative = path.strip_prefix("/").map_err(|_| Errno::INVAL)?;
    let root = open_path(CWD, Path::new("/"), OFlags::DIRECTORY)?;
    make_file(&mut Folders::new(root.as_fd()), relative, content)
}

/// The detached mount of one entry, made while the host's tree is still in sight.
fn tree(mount: &Mount) -> Result<Option<OwnedFd>, Errno> {
    match mount {
        Mount::Bind { source, access, .. } => bind(source, *access).map(Some),
        Mount::Memory { bytes, mode, .. } => {
            let flags = MountAttrFlags::MOUNT_ATTR_NOSUID
                | MountAttrFlags::MOUNT_ATTR_NODEV
                | MountAttrFlags::MOUNT_ATTR_NOEXEC;
            memory(*bytes, *mode, flags).map(Some)
        }
        Mount::Overlay {
            target,
            upper,
            work,
        } => overlay(target, upper, work).map(Some),
        Mount::Processes => processes().map(Some),
        Mount::Terminals => terminals().map(Some),
        Mount::Link { .. } | Mount::File { .. } => Ok(None),
    }
}

fn bind(source: &Path, access: BindAccess) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
    let place = openat2(
        CWD,
        source,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        resolve,
    )?;
    let tree = open_tree(
        &place,
        "",
        OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_EMPTY_PATH
            | OpenTreeFlags::AT_RECURSIVE,
    )?;
    let safe = Attributes::NO_SUID.with(Attributes::NO_DEVICES);
    let attributes = match access {
        BindAccess::Runtime => safe.with(Attributes::READ_ONLY),
        BindAccess::Read => safe.with(Attributes::READ_ONLY).with(Attributes::NO_EXEC),
        BindAccess::Write => safe.with(Attributes::NO_EXEC),
        BindAccess::Device => Attributes::NO_SUID.with(Attributes::NO_EXEC),
    };
    set_attributes(tree.as_fd(), attributes, Reach::Tree)?;
    Ok(tree)
}

/// `lower` with a layer over it that takes all changes; the layer's attributes are those that an
/// ordinary user may set.
fn overlay(lower: &Path, upper: &Path, work: &Path) -> Result<OwnedFd, Errno> {
    let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(context.as_fd(), "lowerdir", escaped(lower)?)?;
    fsconfig_set_string(context.as_fd(), "upperdir", escaped(upper)?)?;
    fsconfig_set_string(context.as_fd(), "workdir", escaped(work)?)?;
    fsconfig_set_flag(context.as_fd(), "userxattr")?;
    fsconfig_create(context.as_fd())?;
    let flags = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, flags)
}

/// A path as the overlay file system reads it: a colon would divide it.
fn escaped(path: &Path) -> Result<String, Errno> {
    let text = path.to_str().ok_or(Errno::INVAL)?;
    Ok(text.replace('\\', "\\\\").replace(':', "\\:"))
}

fn memory(bytes: u64, mode: u32, flags: MountAttrFlags) -> Result<OwnedFd, Errno> {
    let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(context.as_fd(), "size", bytes.to_string())?;
    fsconfig_set_string(context.as_fd(), "mode", format!("{mode:o}"))?;
    fsconfig_create(context.as_fd())?;
    fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, flags)
}

fn processes() -> Result<OwnedFd, Errno> {
    let context = fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(context.as_fd(), "hidepid", "ptraceable")?;
    fsconfig_create(context.as_fd())?;
    let flags = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, flags)
}

fn terminals() -> Result<OwnedFd, Errno> {
    let context = fsopen("devpts", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(context.as_fd(), "ptmxmode", "0666")?;
    fsconfig_set_string(context.as_fd(), "mode", "0620")?;
    fsconfig_create(context.as_fd())?;
    let flags = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, flags)
}

/// Puts one entry into the new root.
fn place(folders: &mut Folders<'_>, mount: &Mount, tree: Option<OwnedFd>) -> Result<(), Errno> {
    let target = match mount {
        Mount::Bind { target, .. }
        | Mount::Memory { target, .. }
        | Mount::Overlay { target, .. } => target.as_path(),
        Mount::Processes => Path::new("/proc"),
        Mount::Terminals => Path::new("/dev/pts"),
        Mount::Link { target, content } => {
            let (folder, name) = folders.parent(relative(target)?)?;
            return symlinkat(content, folder, name);
        }
        Mount::File { target, content } => return make_file(folders, relative(target)?, content),
    };
    let tree = tree.ok_or(Errno::INVAL)?;
    let target = relative(target)?;
    let (folder, name) = folders.parent(target)?;
    let spot = if FileType::from_raw_mode(fstat(&tree)?.st_mode) == FileType::Directory {
        exists_or(mkdirat(folder, name, Mode::from_raw_mode(0o755)))?;
        open_path(folder, name, OFlags::NOFOLLOW)?
    } else {
        let flags =
            OFlags::CREATE | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::EXCL;
        match openat(folder, name, flags, Mode::from_raw_mode(0o644)) {
            Err(Errno::EXIST | Errno::ROFS) => open_path(folder, name, OFlags::NOFOLLOW)?,
            made => made?,
        }
    };
    move_mount(
        &tree,
        "",
        &spot,
        "",
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH,
    )?;
    folders.covered(target);
    Ok(())
}

fn make_file(folders: &mut Folders<'_>, target: &Path, content: &[u8]) -> Result<(), Errno> {
    let (folder, name) = folders.parent(target)?;
    let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(folder, name, flags, Mode::from_raw_mode(0o644))?;
    let mut rest = content;
    while !rest.is_empty() {
        let written = rustix::io::write(&file, rest)?;
        rest = rest.get(written..).unwrap_or_default();
    }
    Ok(())
}

/// The folders of the new root that were made or found, held open: most entries share theirs.
struct Folders<'a> {
    root: BorrowedFd<'a>,
    known: HashMap<PathBuf, OwnedFd>,
}

impl<'a> Folders<'a> {
    fn new(root: BorrowedFd<'a>) -> Self {
        Self {
            root,
            known: HashMap::new(),
        }
    }

    /// Makes the folders above `target` and tells the last; follows no link out of the new root.
    fn parent<'t>(&mut self, target: &'t Path) -> Result<(BorrowedFd<'_>, &'t Path), Errno> {
        let name = Path::new(target.file_name().ok_or(Errno::INVAL)?);
        let path = target.parent().unwrap_or(Path::new(""));
        let mut above = PathBuf::new();
        for part in path {
            let at = above.join(part);
            if !self.known.contains_key(&at) {
                let folder = self.make(&above, Path::new(part))?;
                self.known.insert(at.clone(), folder);
            }
            above = at;
        }
        Ok((self.folder(path), name))
    }

    fn make(&self, above: &Path, part: &Path) -> Result<OwnedFd, Errno> {
        let above = self.folder(above);
        exists_or(mkdirat(above, part, Mode::from_raw_mode(0o755)))?;
        openat2(
            above,
            part,
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS,
        )
    }

    fn folder(&self, path: &Path) -> BorrowedFd<'_> {
        self.known.get(path).map_or(self.root, AsFd::as_fd)
    }

    /// Something was mounted at `target`: what was known there lies beneath it now.
    fn covered(&mut self, target: &Path) {
        self.known.retain(|path, _| !path.starts_with(target));
    }
}

fn open_path(folder: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    openat(
        folder,
        path,
        flags | OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// A folder that lies on a read-only bind cannot be made, but may be there.
fn exists_or(result: Result<(), Errno>) -> Result<(), Errno> {
    match result {
        Err(Errno::EXIST | Errno::ROFS) => Ok(()),
        other => other,
    }
}

fn relative(target: &Path) -> Result<&Path, Errno> {
    target.strip_prefix("/").map_err(|_| Errno::INVAL)
}

const ROOT_BYTES: u64 = 4 * 1024 * 1024;
