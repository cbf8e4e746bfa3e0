//! Why a permission is refused.

use super::resources::Resource;

/// Why a value in a permission manifest is refused; a position comes with it when it was read
/// from a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PermissionError {
    /// A file permission without a known root.
    #[error("`{value}` names no root: write `workspace:`, `skill:`, `temp:` or an absolute path")]
    FileRoot {
        /// The value.
        value: String,
    },
    /// A file path with an empty, `.` or `..` component, a trailing slash or a control character.
    #[error("`{value}` is not a plain path")]
    FilePath {
        /// The value.
        value: String,
    },
    /// A pattern where a path is due.
    #[error("`{value}` is a pattern, and only paths are allowed: a folder stands for all below it")]
    FileGlob {
        /// The value.
        value: String,
    },
    /// The root of the whole file system.
    #[error("`/` is the whole machine and cannot be asked for")]
    FileEverything,
    /// Writing to the skill's own folder.
    #[error("`{value}` would let the skill change itself")]
    SkillWrite {
        /// The value.
        value: String,
    },
    /// A host name that is not in strict form.
    #[error("`{value}` is not a host name: lower-case letters, digits and hyphens between dots")]
    HostName {
        /// The value.
        value: String,
    },
    /// A wildcard where a host name is due.
    #[error("`{value}` is a wildcard: name each host, or ask for `open: true`")]
    HostWildcard {
        /// The value.
        value: String,
    },
    /// An IP address where a host name is due.
    #[error("`{value}` is an address: write it under `address`, not under `host`")]
    HostIsAddress {
        /// The value.
        value: String,
    },
    /// Something other than an IP address in canonical form.
    #[error("`{value}` is not an IP address in its shortest form")]
    Address {
        /// The value.
        value: String,
    },
    /// A port outside 1–65535.
    #[error("`{value}` is not a port: 1 to 65535")]
    Port {
        /// The value.
        value: String,
    },
    /// An unknown HTTP method.
    #[error("`{value}` is not one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")]
    Method {
        /// The value.
        value: String,
    },
    /// An empty list of methods.
    #[error("an empty list of methods allows nothing: leave `methods` out, or name one")]
    NoMethod,
    /// A path prefix that is not plain.
    #[error(
        "`{value}` is not a plain URL path: it begins with `/` and has no `.`, `..` or empty segment, no `%`, `?` or `#`"
    )]
    PathPrefix {
        /// The value.
        value: String,
    },
    /// A secret's name that is not in strict form.
    #[error(
        "`{value}` is not a secret's name: an upper-case letter, then upper-case letters, digits and `_`"
    )]
    SecretName {
        /// The value.
        value: String,
    },
    /// A header name that is no token.
    #[error("`{value}` is not a header name")]
    HeaderName {
        /// The value.
        value: String,
    },
    /// A header that frames or routes the request.
    #[error("`{value}` steers the connection itself and cannot carry a secret")]
    HeaderReserved {
        /// The value.
        value: String,
    },
    /// A format that does not hold the placeholder exactly once, or has a character no header may carry.
    #[error("`{value}` must hold `{{secret}}` exactly once, in printable ASCII")]
    Format {
        /// The value.
        value: String,
    },
    /// A secret that no network permission lets out.
    #[error("secret `{name}` may go to `{host}`, which no network permission reaches")]
    SecretUnreachable {
        /// The secret.
        name: String,
        /// Its host and port.
        host: String,
    },
    /// One secret for one host twice.
    #[error("secret `{name}` is declared twice for `{host}`")]
    SecretTwice {
        /// The secret.
        name: String,
        /// Its host and port.
        host: String,
    },
    /// Something other than a program's plain name.
    #[error("`{value}` is not a program's name: no slash, no space")]
    ProgramName {
        /// The value.
        value: String,
    },
    /// Something other than a tool's plain name.
    #[error("`{value}` is not a tool's name")]
    ToolName {
        /// The value.
        value: String,
    },
    /// A resource of zero or above its cap.
    #[error("{} must be between 1 and {cap}", .resource.field())]
    Resource {
        /// The resource.
        resource: Resource,
        /// The most that may be asked, in the field's unit.
        cap: u64,
    },
    /// An entry point whose interpreter is not among the programs.
    #[error("`{path}` is started by `{interpreter}`, which `exec` does not name")]
    InterpreterUndeclared {
        /// The entry point.
        path: String,
        /// Its interpreter.
        interpreter: String,
    },
    /// An entry point that no package can hold.
    #[error("`{value}` cannot be a path in a package")]
    EntrypointPath {
        /// The value.
        value: String,
    },
    /// More entries in a family than allowed.
    #[error("`{family}` has more than {most} entries")]
    TooMany {
        /// The family.
        family: &'static str,
        /// The most.
        most: usize,
    },
}

impl PermissionError {
    /// Stable code of the refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileRoot { .. } => "permission-file-root",
            Self::FilePath { .. } => "permission-file-path",
            Self::FileGlob { .. } => "permission-file-pattern",
            Self::FileEverything => "permission-file-everything",
            Self::SkillWrite { .. } => "permission-skill-write",
            Self::HostName { .. } => "permission-host-name",
            Self::HostWildcard { .. } => "permission-host-wildcard",
            Self::HostIsAddress { .. } => "permission-host-is-address",
            Self::Address { .. } => "permission-address",
            Self::Port { .. } => "permission-port",
            Self::Method { .. } => "permission-method",
            Self::NoMethod => "permission-no-method",
            Self::PathPrefix { .. } => "permission-path-prefix",
            Self::SecretName { .. } => "permission-secret-name",
            Self::HeaderName { .. } => "permission-header-name",
            Self::HeaderReserved { .. } => "permission-header-reserved",
            Self::Format { .. } => "permission-secret-format",
            Self::SecretUnreachable { .. } => "permission-secret-unreachable",
            Self::SecretTwice { .. } => "permission-secret-twice",
            Self::ProgramName { .. } => "permission-program-name",
            Self::ToolName { .. } => "permission-tool-name",
            Self::Resource { .. } => "permission-resource",
            Self::InterpreterUndeclared { .. } => "permission-interpreter-undeclared",
            Self::EntrypointPath { .. } => "permission-entrypoint-path",
            Self::TooMany { .. } => "permission-too-many",
        }
    }
}
