//! Which rule speaks for a path.

use rustix::io::Errno;

use super::Supervisor;
use crate::journal::{Access, Verdict};
use crate::setup::{Control, Place, rule};

impl Supervisor {
    /// The nearest place above `path`.
    pub(super) fn place(&self, path: &[u8]) -> Option<&Place> {
        let above = |place: &&Place| is_below(path, &place.prefix);
        self.setup
            .places
            .iter()
            .filter(above)
            .max_by_key(|place| place.prefix.len())
    }

    /// Fills verdict, rule and error of a record from its resolved path and outcome.
    pub(super) fn judge(&self, access: &mut Access, outcome: Result<(), Errno>) {
        let place = self.place(&access.resolved);
        access.rule = place.map_or(rule::SYSTEM, |place| place.rule);
        if let Err(errno) = outcome {
            access.errno = errno.raw_os_error();
            let refused = matches!(
                errno,
                Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::XDEV
            );
            if place.is_none() || refused {
                access.verdict = Verdict::Denied;
                access.rule = rule::NOT_GRANTED;
            }
        }
    }

    /// Whether changing `path` would steer the agent's next step.
    pub(super) fn is_control(&self, path: &[u8]) -> bool {
        let Some(place) = self.place(path) else {
            return false;
        };
        match place.control {
            Control::Free => false,
            Control::Protected => {
                let below = path.get(place.prefix.len()..).unwrap_or_default();
                is_control_below(last_name(&place.prefix), below)
            }
        }
    }

    /// As [`Self::is_control`], and also for names under which a folder or a link would bring
    /// control paths with it, and a file would lead to some.
    pub(super) fn is_control_name(&self, path: &[u8]) -> bool {
        let name = last_name(path);
        let holds = |(folder, _): &(&str, _)| name.eq_ignore_ascii_case(folder.as_bytes());
        let protected = |place: &Place| place.control == Control::Protected;
        self.is_control(path)
            || (CONTROL_BELOW.iter().any(holds) && self.place(path).is_some_and(protected))
    }
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// Whether a path below a workspace is one that programs obey at their next start.
pub(crate) fn is_control_path(relative: &[u8]) -> bool {
    is_control_below(b"", relative)
}

/// As [`is_control_path`], below a folder with the name `before`.
fn is_control_below<'p>(mut before: &'p [u8], relative: &'p [u8]) -> bool {
    for part in relative
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
    {
        let is = |name: &&str| part.eq_ignore_ascii_case(name.as_bytes());
        if CONTROL_NAMES.iter().any(&is) {
            return true;
        }
        let below = CONTROL_BELOW
            .iter()
            .find(|(folder, _)| before.eq_ignore_ascii_case(folder.as_bytes()));
        if below.is_some_and(|(_, names)| names.iter().any(is)) {
            return true;
        }
        before = part;
    }
    false
}

fn is_below(path: &[u8], prefix: &[u8]) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// Names that are control paths wherever they stand in a workspace.
pub(crate) const CONTROL_NAMES: &[&str] = &[
    ".agents",
    ".aider.conf.yml",
    ".amazonq",
    ".bash_login",
    ".bash_logout",
    ".bash_profile",
    ".bashrc",
    ".chopmark",
    ".claude",
    ".claude.json",
    ".clinerules",
    ".codex",
    ".continue",
    ".cursor",
    ".cursorrules",
    ".direnv",
    ".envrc",
    ".exrc",
    ".gemini",
    ".gitattributes",
    ".gitconfig",
    ".gitmodules",
    ".goosehints",
    ".husky",
    ".junie",
    ".kiro",
    ".mcp.json",
    ".nvimrc",
    ".openclaw",
    ".opencode",
    ".pre-commit-config.yaml",
    ".profile",
    ".roo",
    ".vimrc",
    ".windsurf",
    ".windsurfrules",
    ".zprofile",
    ".zshenv",
    ".zshrc",
    "AGENTS.md",
    "CLAUDE.md",
    "GEMINI.md",
    "chopmark.lock",
];
/// Names that are control paths directly below a folder of that name.
pub(crate) const CONTROL_BELOW: &[(&str, &[&str])] = &[
    (
        ".git",
        &[
            "commondir",
            "config",
            "config.worktree",
            "hooks",
            "info",
            "modules",
            "worktrees",
        ],
    ),
    (
        ".github",
        &[
            "agents",
            "copilot-instructions.md",
            "hooks",
            "instructions",
            "prompts",
            "workflows",
        ],
    ),
    (
        ".vscode",
        &[
            "tasks.json",
            "settings.json",
            "launch.json",
            "extensions.json",
        ],
    ),
];
