//! Paths that something executes or obeys later: writing them steers the agent's, the shell's or
//! git's next step.
//!
//! They are never part of a wider permission to write: only one that names them gives them.
//!
//! Spec: docs/spec/permissions.md §2, docs/spec/sandbox.md §4.

/// Whether a path below a workspace is one that programs obey at their next start.
#[must_use]
pub fn is_control_path(relative: &[u8]) -> bool {
    is_control_below(b"", relative)
}

/// As [`is_control_path`], below a folder with the name `before`.
#[must_use]
pub fn is_control_below<'p>(mut before: &'p [u8], relative: &'p [u8]) -> bool {
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

/// Names that are control paths wherever they stand in a workspace.
pub const CONTROL_NAMES: &[&str] = &[
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
pub const CONTROL_BELOW: &[(&str, &[&str])] = &[
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
