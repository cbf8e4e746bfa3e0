//! Which paths control the host rather than merely lie outside the workspace.

use crate::permission::is_control_path;

/// Tells whether access to the absolute `path` reaches what controls the host: whole trees that
/// hold homes, a home itself, keys and start files, service sockets, the system's own settings.
pub(super) fn controls_host(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let top = parts.first().copied().unwrap_or("");
    let whole_tree = parts.len() <= 1 && (top.is_empty() || HOMES.contains(&top));
    let a_home = match top {
        "root" => true,
        _ => HOMES.contains(&top) && parts.len() <= 2,
    };
    whole_tree || a_home || SYSTEM.contains(&top) || parts.iter().any(|part| is_control(part))
}

/// Tells whether writing the workspace path steers the agent or the user's shell at its next step.
pub(super) fn controls_workspace(path: &str) -> bool {
    path.split('/').any(is_control) || is_control_path(path.as_bytes())
}

/// A file or folder name that holds keys, or that something executes or obeys later.
fn is_control(part: &str) -> bool {
    CONTROL.binary_search(&part).is_ok()
}

const HOMES: [&str; 3] = ["Users", "home", "root"];

/// Trees of devices, kernel settings, service sockets and system configuration.
const SYSTEM: [&str; 6] = ["boot", "dev", "etc", "proc", "run", "sys"];

/// Sorted by bytes, for the search.
const CONTROL: [&str; 32] = [
    ".agents",
    ".aws",
    ".azure",
    ".bash_login",
    ".bash_logout",
    ".bash_profile",
    ".bashrc",
    ".claude",
    ".config",
    ".cursor",
    ".docker",
    ".envrc",
    ".git",
    ".git-credentials",
    ".gitconfig",
    ".gnupg",
    ".kube",
    ".local",
    ".netrc",
    ".npmrc",
    ".openclaw",
    ".password-store",
    ".profile",
    ".pypirc",
    ".ssh",
    ".vscode",
    ".zprofile",
    ".zshenv",
    ".zshrc",
    "AGENTS.md",
    "CLAUDE.md",
    "docker.sock",
];
