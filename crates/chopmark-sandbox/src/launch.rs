//! Builds the sandbox around the helper and starts the skill in it.

pub(crate) mod control;
pub(crate) mod inside;
pub(crate) mod landlock;
pub(crate) mod mounts;
pub(crate) mod namespaces;
pub(crate) mod route;
mod skill;
