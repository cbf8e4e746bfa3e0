//! Granted programs: where they are, what they need beside them.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use chopmark_core::permission::Grant;

use super::PlanError;
use super::beside::parts_of;
use super::view::View;
use crate::setup::{BindAccess, Control, Right, rule};

/// The programs of a grant, found.
pub(super) struct Programs {
    found: Vec<Program>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Program {
    name: String,
    /// Where it is called.
    path: PathBuf,
    /// The file itself.
    real: PathBuf,
}

impl Programs {
    /// Looks up every program of `grant`, and what the first line of a script among them names.
    pub(super) fn find(grant: &Grant, search: &[PathBuf]) -> Result<Self, PlanError> {
        let mut found: Vec<Program> = Vec::new();
        let mut wanted: Vec<String> = grant
            .exec()
            .iter()
            .map(|exec| exec.program().as_str().to_owned())
            .collect();
        if !wanted.is_empty() || grant.any_program() {
            wanted.push("env".to_owned());
        }
        while let Some(name) = wanted.pop() {
            if found.iter().any(|program| program.name == name) {
                continue;
            }
            let program = look_up(&name, search).ok_or_else(|| PlanError::NotInstalled {
                program: name.clone(),
            })?;
            if let Some(interpreter) = interpreter(&program.real) {
                wanted.push(interpreter);
            }
            let parts = parts_of(&name).map_or(&[][..], |parts| parts.programs);
            let installed = |part: &&&str| look_up(part, search).is_some();
            wanted.extend(parts.iter().filter(installed).map(|&part| part.to_owned()));
            found.push(program);
        }
        Ok(Self { found })
    }

    /// Lets the view show and the kernel execute them.
    pub(super) fn add_to(&self, view: &mut View) {
        for program in &self.found {
            view.right(&program.real, Right::ExecuteFile);
            for folder in parts_of(&program.name).map_or(&[][..], |parts| parts.folders) {
                if let Ok(folder) = Path::new(folder).canonicalize() {
                    view.right(&folder, Right::Execute);
                }
            }
            if is_system(&program.real) {
                continue;
            }
            let tree = installation(&program.real).unwrap_or_else(|| program.real.clone());
            view.bind(&tree, &tree, BindAccess::Runtime);
            view.place(&tree, rule::RUNTIME, Control::Free);
            view.right(&tree, Right::Read);
        }
    }

    /// The first program's path.
    pub(super) fn first(
        &self,
        name: &OsStr,
        grant: &Grant,
        skill_dir: &Path,
        workspace: &Path,
        search: &[PathBuf],
    ) -> Result<PathBuf, PlanError> {
        let refused = || PlanError::NotGranted {
            program: name.to_string_lossy().into_owned(),
        };
        let path = Path::new(name);
        if path.components().count() == 1 && !path.is_absolute() {
            let text = name.to_str().ok_or_else(refused)?;
            if let Some(program) = self.found.iter().find(|program| program.name == text) {
                return Ok(program.path.clone());
            }
            let system: Vec<PathBuf> = search
                .iter()
                .filter(|folder| is_system(folder))
                .cloned()
                .collect();
            let found = if grant.any_program() {
                look_up(text, &system)
            } else {
                None
            };
            return found.map(|program| program.path).ok_or_else(refused);
        }
        let path = if path.is_absolute() {
            path.to_owned()
        } else {
            workspace.join(path)
        };
        let real = path.canonicalize().map_err(|_| refused())?;
        let granted = self.found.iter().any(|program| program.real == real)
            || real.starts_with(skill_dir)
            || (grant.any_program() && is_system(&real));
        if granted { Ok(real) } else { Err(refused()) }
    }

    /// `PATH` inside: the folders of programs installed elsewhere, then the system's in the order
    /// of `search`, so that a name means the program that was granted by it.
    pub(super) fn path_variable(&self, search: &[PathBuf]) -> String {
        let elsewhere = self
            .found
            .iter()
            .filter(|program| !is_system(&program.real));
        let elsewhere = elsewhere.filter_map(|program| program.path.parent());
        let system = search
            .iter()
            .map(PathBuf::as_path)
            .filter(|path| is_system(path));
        let rest = SYSTEM_PATH.iter().map(Path::new);
        let mut folders: Vec<&str> = Vec::new();
        for folder in elsewhere.chain(system).chain(rest).filter_map(Path::to_str) {
            if !folders.contains(&folder) && !folder.contains(':') {
                folders.push(folder);
            }
        }
        folders.join(":")
    }
}

fn look_up(name: &str, search: &[PathBuf]) -> Option<Program> {
    search.iter().find_map(|folder| {
        let path = folder.join(name);
        let path = match behind_shim(folder, name) {
            Shim::No => path,
            Shim::Leads(path) => path,
            Shim::Nowhere => return None,
        };
        let real = path.canonicalize().ok()?;
        let found = fs::metadata(&real).ok()?;
        let starts = found.is_file() && found.permissions().mode() & 0o111 != 0;
        // A link elsewhere is called by its name beside the file, where there is one.
        let beside = real
            .parent()
            .map(|folder| folder.join(name))
            .filter(|path| path.exists());
        let path = if is_system(&real) {
            path
        } else {
            beside.unwrap_or_else(|| real.clone())
        };
        starts.then(|| Program {
            name: name.to_owned(),
            path,
            real,
        })
    })
}

/// Whether a folder of the search path holds mere pointers to versions, as pyenv's does.
enum Shim {
    No,
    Leads(PathBuf),
    Nowhere,
}

fn behind_shim(folder: &Path, name: &str) -> Shim {
    let root = folder.parent().filter(|root| {
        folder.file_name() == Some(OsStr::new("shims")) && root.join("versions").is_dir()
    });
    let Some(root) = root else { return Shim::No };
    let version = fs::read_to_string(root.join("version")).unwrap_or_default();
    let path = version
        .split_whitespace()
        .map(|version| root.join("versions").join(version).join("bin").join(name))
        .find(|path| path.is_file());
    path.map_or(Shim::Nowhere, Shim::Leads)
}

/// The program that a script's first line names.
fn interpreter(script: &Path) -> Option<String> {
    let mut head = [0_u8; 256];
    let count = fs::File::open(script).ok()?.read(&mut head).ok()?;
    let line = head.get(..count)?.strip_prefix(b"#!")?;
    let line = std::str::from_utf8(line.split(|byte| *byte == b'\n').next()?).ok()?;
    let mut words = line.split_whitespace();
    let program = Path::new(words.next()?).file_name()?.to_str()?;
    let name = if program == "env" {
        words.find(|word| !word.starts_with('-') && !word.contains('='))?
    } else {
        program
    };
    Some(name.to_owned())
}

/// The folder of an installation outside the system: the one that holds `bin` and `lib`.
fn installation(real: &Path) -> Option<PathBuf> {
    let bin = real
        .parent()
        .filter(|folder| folder.file_name() == Some(OsStr::new("bin")))?;
    let tree = bin.parent()?;
    let personal = tree.file_name().is_none_or(|name| name == ".local");
    (tree.join("lib").is_dir() && !personal && tree.components().count() > 3)
        .then(|| tree.to_owned())
}

fn is_system(path: &Path) -> bool {
    ["/usr", "/bin", "/sbin", "/lib", "/lib64"]
        .iter()
        .any(|system| path.starts_with(system))
}

const SYSTEM_PATH: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];
