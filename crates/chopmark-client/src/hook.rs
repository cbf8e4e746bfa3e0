//! Hooks in agents: what an agent is about to do is judged before it does it.
//!
//! An agent that reads a skill's text is told to start the skill's programs, and can do so beside
//! `run`. A hook sees each command and each write, and refuses those that start a program of an
//! installed skill in another way, or change what was installed.
//!
//! It judges text: it stops an agent that follows a skill's words, not one that hides what it does.
//! So it confines nothing, and no decision counts it as confinement.
//!
//! Spec: docs/spec/hook.md.

mod settings;
mod shell;

use std::path::{Component, Path, PathBuf};

use thiserror::Error;

pub use self::settings::{Mode, Placed, in_session, install, placed, remove};
use crate::durable::FileError;
use crate::home::Home;
use crate::lock::{Lock, LockError};
use crate::scope::Scope;
use crate::store::{Store, StoreError};

/// What an agent is about to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A command line for a shell.
    Shell(String),
    /// A file is written or changed.
    Write(PathBuf),
    /// Something that a hook has nothing to say about.
    Other,
}

/// What a hook says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It may go on.
    Allowed,
    /// It may not, for this reason; what to do instead stands in it.
    Refused(String),
}

/// An installed skill as a hook sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Installed {
    name: String,
    folders: Vec<PathBuf>,
    /// Its files below folders, such as `scripts/run.py`.
    files: Vec<String>,
}

/// Judges `act`, which an agent that works in `cwd` is about to do.
///
/// # Errors
///
/// [`HookError`] when what is installed cannot be told; the act must then not go on.
pub fn judge(home: &Home, cwd: &Path, act: &Act) -> Result<Answer, HookError> {
    let cwd = normal(cwd);
    let scopes: Vec<Scope> = [Some(Scope::project(&cwd, home)), Scope::user(home)]
        .into_iter()
        .flatten()
        .collect();
    let mut installed = Vec::new();
    for scope in &scopes {
        installed.extend(in_scope(home, scope)?);
    }
    Ok(match act {
        Act::Other => Answer::Allowed,
        Act::Write(path) => write(home, &scopes, &installed, &normal(&cwd.join(path))),
        Act::Shell(command) => shell::judge(command, &cwd, &installed),
    })
}

/// Whether a command is `chopmark` alone, which confines by itself what it starts.
#[must_use]
pub fn is_own(command: &str) -> bool {
    shell::is_own(command)
}

fn in_scope(home: &Home, scope: &Scope) -> Result<Vec<Installed>, HookError> {
    let store = Store::new(home.store());
    let mut installed = Vec::new();
    for (name, locked) in Lock::read(scope)?.skills() {
        let manifest = store.manifest(locked.content)?;
        let entries = manifest.iter().flat_map(|manifest| manifest.entries());
        let files = entries.map(|entry| entry.path().as_str().to_owned());
        installed.push(Installed {
            name: name.to_string(),
            folders: locked
                .agents
                .iter()
                .map(|agent| normal(&scope.skill_folder(*agent, name.as_str())))
                .collect(),
            files: files.filter(|path| path.contains('/')).collect(),
        });
    }
    Ok(installed)
}

fn write(home: &Home, scopes: &[Scope], installed: &[Installed], path: &Path) -> Answer {
    for skill in installed {
        if skill.folders.iter().any(|folder| path.starts_with(folder)) {
            return Answer::Refused(format!(
                "`{}` is a file of the installed skill `{}`: it stays as it was admitted; copy the folder to change it",
                path.display(),
                skill.name
            ));
        }
    }
    let own = [home.config(), home.data(), home.state()];
    let locks = scopes.iter().map(Scope::lock_file);
    let settings = scopes
        .iter()
        .flat_map(|scope| settings::files(scope.root()));
    let guarded = own.iter().any(|folder| path.starts_with(folder))
        || locks.into_iter().any(|lock| path == lock)
        || settings.into_iter().any(|file| path == file);
    if guarded {
        return Answer::Refused(format!(
            "`{}` says what is installed, granted or hooked here: a person changes it, with `chopmark`",
            path.display()
        ));
    }
    Answer::Allowed
}

/// A path without `.` and `..`, by its text alone.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

/// Why a hook cannot be installed, or cannot judge.
#[derive(Debug, Error)]
pub enum HookError {
    /// The agent's settings are not what its documentation says.
    #[error("`{}` is no settings file that could take a hook: {what}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// What is installed.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Its files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl HookError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Settings { .. } => "hook-settings",
            Self::Lock(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

#[cfg(test)]
mod tests;
