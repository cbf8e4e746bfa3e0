//! Where skills are installed: one project or the whole user account, and which agents' folders.

use std::path::{Path, PathBuf};

use crate::durable::{Exclusive, FileError};
use crate::home::Home;

/// An agent program whose skills folder is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is named after its program")]
pub enum Agent {
    /// The folder that several agents share.
    Agents,
    Claude,
    Copilot,
    Cursor,
    Gemini,
    OpenCode,
}

impl Agent {
    /// All agents, sorted by name.
    pub const ALL: [Self; 6] = [
        Self::Agents,
        Self::Claude,
        Self::Copilot,
        Self::Cursor,
        Self::Gemini,
        Self::OpenCode,
    ];

    /// The name on the command line and in lock files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Agents => "agents",
            Self::Claude => "claude",
            Self::Copilot => "copilot",
            Self::Cursor => "cursor",
            Self::Gemini => "gemini",
            Self::OpenCode => "opencode",
        }
    }

    /// The agent of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|agent| agent.name() == name)
    }

    /// The skills folder below a project, or below the user's home folder.
    #[must_use]
    pub fn folder(self, reach: Reach) -> &'static str {
        match (self, reach) {
            (Self::Agents, _) => ".agents/skills",
            (Self::Claude, _) => ".claude/skills",
            (Self::Copilot, Reach::Project) => ".github/skills",
            (Self::Copilot, Reach::User) => ".copilot/skills",
            (Self::Cursor, _) => ".cursor/skills",
            (Self::Gemini, _) => ".gemini/skills",
            (Self::OpenCode, Reach::Project) => ".opencode/skills",
            (Self::OpenCode, Reach::User) => ".config/opencode/skills",
        }
    }
}

/// How far an installation reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// One project folder.
    Project,
    /// All projects of the user.
    User,
}

/// One place of installation: a root folder with its lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    reach: Reach,
    root: PathBuf,
    lock_file: PathBuf,
    guard: PathBuf,
}

impl Scope {
    /// The project that `folder` belongs to: the nearest folder upwards that has a lock file, or
    /// `folder` itself.
    #[must_use]
    pub fn project(folder: &Path, home: &Home) -> Self {
        let root = folder
            .ancestors()
            .find(|ancestor| ancestor.join(LOCK_FILE).is_file())
            .unwrap_or(folder)
            .to_owned();
        Self::at(Reach::Project, root.clone(), root.join(LOCK_FILE), home)
    }

    /// The user's own skills; `None` where the user has no home folder.
    #[must_use]
    pub fn user(home: &Home) -> Option<Self> {
        let root = home.user()?.to_owned();
        Some(Self::at(
            Reach::User,
            root,
            home.data().join(LOCK_FILE),
            home,
        ))
    }

    /// A scope known by its parts, as a pending installation names it.
    #[must_use]
    pub(crate) fn at(reach: Reach, root: PathBuf, lock_file: PathBuf, home: &Home) -> Self {
        use std::os::unix::ffi::OsStrExt as _;
        let name = chopmark_core::digest::hex(&chopmark_core::digest::sha256(
            lock_file.as_os_str().as_bytes(),
        ));
        Self {
            reach,
            root,
            lock_file,
            guard: home.pending().join(format!("{name}.guard")),
        }
    }

    /// How far it reaches.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// The folder below which skills are installed.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The lock file.
    #[must_use]
    pub fn lock_file(&self) -> &Path {
        &self.lock_file
    }

    /// The folder of the skill `name` for `agent`.
    #[must_use]
    pub fn skill_folder(&self, agent: Agent, name: &str) -> PathBuf {
        self.root.join(agent.folder(self.reach)).join(name)
    }

    /// The file that describes an installation under way in this scope.
    pub(crate) fn intent_file(&self) -> PathBuf {
        self.guard.with_extension("json")
    }

    /// Waits until no other command changes this scope.
    ///
    /// # Errors
    ///
    /// [`FileError`]; nothing is locked.
    pub fn exclusive(&self) -> Result<Exclusive, FileError> {
        Exclusive::wait(&self.guard)
    }
}

/// The lock file's name.
pub const LOCK_FILE: &str = "chopmark.lock";
