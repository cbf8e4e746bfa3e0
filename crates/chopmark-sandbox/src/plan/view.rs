//! What the skill's root will show, where each part comes from, and which rule speaks for it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use chopmark_core::permission::{
    Access, CONTROL_BELOW, CONTROL_NAMES, FilePermission, Grant, Root, is_control_path,
};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, mkdirat, openat2};
use rustix::io::Errno;

use super::PlanError;
use super::system::HOME;
use crate::setup::{BindAccess, Control, Mount, Place, Right, rule};

/// The view, while it is put together.
pub(super) struct View {
    memory: Vec<Mount>,
    mounts: Vec<Mount>,
    places: Vec<Place>,
    rights: Vec<(PathBuf, Right)>,
    rules: Vec<String>,
    temp: bool,
    temp_bytes: u64,
}

type Finished = (Vec<Mount>, Vec<Place>, Vec<(PathBuf, Right)>, Vec<String>);

impl View {
    pub(super) fn new(temp_bytes: u64) -> Self {
        Self {
            memory: Vec::new(),
            mounts: Vec::new(),
            places: Vec::new(),
            rights: Vec::new(),
            rules: rule::NAMES.iter().map(|&name| name.to_owned()).collect(),
            temp: false,
            temp_bytes,
        }
    }

    pub(super) fn mount(&mut self, mount: Mount) {
        self.mounts.push(mount);
    }

    pub(super) fn bind(&mut self, source: &Path, target: &Path, access: BindAccess) {
        let (source, target) = (source.to_owned(), target.to_owned());
        self.mounts.push(Mount::Bind {
            source,
            target,
            access,
        });
    }

    pub(super) fn right(&mut self, path: &Path, right: Right) {
        self.rights.push((path.to_owned(), right));
    }

    pub(super) fn place(&mut self, path: &Path, rule: u32, control: Control) {
        let prefix = path.as_os_str().as_bytes().to_vec();
        self.places.push(Place {
            prefix,
            rule,
            control,
        });
    }

    /// Whether some place holds `path`.
    pub(super) fn shows(&self, path: &Path) -> bool {
        let path = path.as_os_str().as_bytes();
        self.places
            .iter()
            .any(|place| path.starts_with(&place.prefix))
            || self
                .places
                .iter()
                .any(|place| place.prefix.starts_with(path))
    }

    /// Adds each file permission of the grant: one exhaustive match from permission to enforcers.
    pub(super) fn add_grants(
        &mut self,
        grant: &Grant,
        skill_dir: &Path,
        workspace: &Path,
        protected: &[PathBuf],
    ) -> Result<(), PlanError> {
        for file in grant.files() {
            let number = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
            self.rules
                .push(format!("{} {file}", file.access().as_str()));
            match file.root() {
                Root::Workspace => self.add_in(file, number, workspace, protected)?,
                Root::Skill => self.add_skill(file, number, skill_dir)?,
                Root::Temp => self.add_temp(file, number),
                Root::Absolute => self.add_absolute(file, number, protected)?,
            }
        }
        Ok(())
    }

    fn add_in(
        &mut self,
        file: &FilePermission,
        number: u32,
        folder: &Path,
        protected: &[PathBuf],
    ) -> Result<(), PlanError> {
        let path = inside(folder, file.path());
        if !exists_within(folder, file.path(), file.access())? {
            self.place(&path, number, Control::Protected);
            return Ok(());
        }
        refuse_protected(&path, protected)?;
        self.add_tree(&path, file, number);
        Ok(())
    }

    fn add_absolute(
        &mut self,
        file: &FilePermission,
        number: u32,
        protected: &[PathBuf],
    ) -> Result<(), PlanError> {
        let path = PathBuf::from(file.path());
        if SYSTEM.iter().any(|system| path.starts_with(system)) {
            return Err(PlanError::System { path });
        }
        let Ok(real) = path.canonicalize() else {
            self.place(&path, number, Control::Protected);
            return Ok(());
        };
        if real != path {
            return Err(PlanError::Escapes { path });
        }
        refuse_protected(&path, protected)?;
        self.add_tree(&path, file, number);
        Ok(())
    }

    fn add_tree(&mut self, path: &Path, file: &FilePermission, number: u32) {
        let named = is_control_path(file.path().as_bytes());
        match file.access() {
            Access::Read => {
                self.bind(path, path, BindAccess::Read);
                self.right(path, Right::Read);
                self.place(path, number, Control::Free);
            }
            Access::Write => {
                self.bind(path, path, BindAccess::Write);
                self.right(path, Right::Write);
                let control = if named {
                    Control::Free
                } else {
                    Control::Protected
                };
                self.place(path, number, control);
                if !named {
                    self.protect_control_paths(path);
                }
            }
        }
    }

    /// Read-only binds over the control paths at the top of a writable folder.
    fn protect_control_paths(&mut self, folder: &Path) {
        let below = CONTROL_BELOW
            .iter()
            .flat_map(|(parent, names)| names.iter().map(|name| Path::new(parent).join(name)));
        // A grant may begin within a folder that holds some.
        let own = folder.file_name().unwrap_or_default().as_bytes();
        let within = CONTROL_BELOW
            .iter()
            .filter(|(parent, _)| own.eq_ignore_ascii_case(parent.as_bytes()))
            .flat_map(|(_, names)| names.iter().map(PathBuf::from));
        let paths = CONTROL_NAMES.iter().map(PathBuf::from);
        let paths = paths.chain(below).chain(within);
        for path in paths.map(|path| folder.join(path)) {
            let plain = path.canonicalize().is_ok_and(|real| real == path);
            if plain {
                self.bind(&path, &path, BindAccess::Read);
            }
        }
    }

    fn add_skill(
        &mut self,
        file: &FilePermission,
        number: u32,
        skill_dir: &Path,
    ) -> Result<(), PlanError> {
        let path = inside(skill_dir, file.path());
        if exists_within(skill_dir, file.path(), Access::Read)? {
            self.bind(&path, &path, BindAccess::Runtime);
            let right = if path.is_dir() {
                Right::Execute
            } else {
                Right::ExecuteFile
            };
            self.right(&path, right);
        }
        self.place(&path, number, Control::Free);
        Ok(())
    }

    /// Temporary folders are private to the run, so a part of them is granted as the whole.
    fn add_temp(&mut self, file: &FilePermission, number: u32) {
        let writable = file.access() == Access::Write;
        self.temp = self.temp || writable;
        for path in TEMPORARY {
            self.place(Path::new(path), number, Control::Free);
            if writable {
                self.right(Path::new(path), Right::Write);
            }
        }
    }

    pub(super) fn finish(mut self) -> Finished {
        for path in TEMPORARY {
            self.memory.push(Mount::Memory {
                target: path.into(),
                bytes: self.temp_bytes,
                writable: self.temp,
                mode: if path == HOME { 0o755 } else { 0o1777 },
            });
            self.right(Path::new(path), Right::Read);
            if !self.temp {
                self.place(Path::new(path), rule::TEMP, Control::Free);
            }
        }
        // Parents before what lies in them; otherwise in the order of the grant.
        self.mounts.sort_by_key(depth);
        let mut mounts = self.memory;
        mounts.extend(self.mounts);
        (mounts, self.places, self.rights, self.rules)
    }
}

fn depth(mount: &Mount) -> usize {
    match mount {
        Mount::Bind { target, .. }
        | Mount::Memory { target, .. }
        | Mount::Overlay { target, .. }
        | Mount::Link { target, .. }
        | Mount::File { target, .. } => target.components().count(),
        Mount::Processes => 2,
        Mount::Terminals => 3,
    }
}

fn inside(folder: &Path, path: &str) -> PathBuf {
    if path == "." {
        folder.to_owned()
    } else {
        folder.join(path)
    }
}

/// Whether `path` is there, below `folder` and without a link; a folder to write to is made.
fn exists_within(folder: &Path, path: &str, access: Access) -> Result<bool, PlanError> {
    let failed = |errno: Errno| PlanError::Folder {
        path: inside(folder, path),
        source: errno.into(),
    };
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let root = openat2(CWD, folder, flags, Mode::empty(), ResolveFlags::empty()).map_err(failed)?;
    let open = |path: &str| openat2(&root, path, flags, Mode::empty(), resolve);
    match (open(path), access) {
        (Ok(_), _) => return Ok(true),
        (Err(Errno::NOENT), Access::Read) => return Ok(false),
        (Err(Errno::NOENT), Access::Write) => {}
        (Err(Errno::LOOP | Errno::XDEV), _) => {
            return Err(PlanError::Escapes {
                path: inside(folder, path),
            });
        }
        (Err(errno), _) => return Err(failed(errno)),
    }
    let mut made =
        openat2(CWD, folder, flags, Mode::empty(), ResolveFlags::empty()).map_err(failed)?;
    for part in path.split('/') {
        match mkdirat(&made, part, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(failed(errno)),
        }
        made = openat2(
            &made,
            part,
            flags | OFlags::DIRECTORY,
            Mode::empty(),
            resolve,
        )
        .map_err(|_| PlanError::Escapes {
            path: inside(folder, path),
        })?;
    }
    Ok(true)
}

fn refuse_protected(folder: &Path, protected: &[PathBuf]) -> Result<(), PlanError> {
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let meets = |path: &PathBuf| path.starts_with(folder) || folder.starts_with(path);
    match protected.iter().map(real).find(meets) {
        Some(protected) => Err(PlanError::Protected {
            folder: folder.to_owned(),
            protected,
        }),
        None => Ok(()),
    }
}

const TEMPORARY: [&str; 3] = ["/tmp", HOME, "/dev/shm"];
const SYSTEM: [&str; 7] = [
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/usr",
    "/etc/passwd",
    "/etc/group",
];
