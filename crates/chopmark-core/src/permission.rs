//! What a skill asks for, what it was granted, and how the two differ.
//!
//! A [`Manifest`] is what `permissions.yaml` asks; a [`Grant`] is what is left of it after the
//! host's policy and a person's consent, and all that a sandbox needs to know. Nothing here
//! enforces anything: each [`Permission`] names its enforcers, and one without would not compile.
//!
//! Spec: docs/spec/permissions.md.

mod agent;
mod control;
mod error;
mod file;
mod grant;
mod item;
mod manifest;
mod network;
mod program;
mod read;
mod resources;
mod secret;
mod wire;
mod words;

pub use agent::{AgentPermission, ToolName};
pub use control::{CONTROL_BELOW, CONTROL_NAMES, is_control_below, is_control_path};
pub use error::PermissionError;
pub use file::{Access, FilePermission, Root};
pub use grant::{Consent, Grant, PolicyLimits, Profile};
pub use item::{Enforcer, Permission};
pub use manifest::{Manifest, ManifestParts};
pub use network::{HostName, Method, NetworkPermission, PathPrefix};
pub use program::{Entrypoint, ExecPermission, ProgramName};
pub use read::ManifestError;
pub use resources::{Limits, Resource, Resources};
pub use secret::{HeaderName, SecretName, SecretPermission, SecretTarget};
pub use words::Diff;

/// The value of the `schema` field.
pub const SCHEMA: &str = "https://chopmark.dev/schema/permissions/v1";

/// The JSON Schema of `permissions.yaml`.
pub const JSON_SCHEMA: &str = include_str!("../../../schemas/permissions-v1.schema.json");

#[cfg(test)]
mod tests;
