//! Egress broker: the only way out of a sandbox.
//!
//! A proxy for the confined skill. It lets through what was granted and nothing else: the host of
//! a `CONNECT`, the server name in the TLS hello and the `Host` header must be one; the name is
//! resolved once and only that address is dialled; where a method, a path or a secret is at stake
//! the TLS is opened with a certificate of this run alone. Secrets are placed here, so the skill
//! never holds one. Each step is recorded before it has an effect.
//!
//! It does **not** look into tunnels that no rule asks to open, follow redirects, cache, speak
//! anything but HTTP/1.1 in what it opens, or find a secret that a server sends back disguised.
//!
//! Reading order: [`BrokerConfig`], [`spawn`], then `session`, `tunnel`, `exchange`, `screen`.
//!
//! Spec: docs/spec/egress.md.

mod accept;
mod address;
mod authority;
mod body;
mod ca;
mod config;
mod dial;
mod direct;
mod entrances;
mod exchange;
mod hello;
mod meter;
mod names;
mod path;
mod policy;
mod question;
mod recorder;
mod redact;
mod refusal;
mod screen;
mod secret;
mod session;
mod stand_ins;
mod tunnel;
mod upstream;

pub use accept::{BrokerError, BrokerHandle, spawn};
pub use ca::AuthorityError;
pub use config::{BrokerConfig, Limits, Resolver, SecretBinding, UpstreamRoots};
pub use entrances::Entrances;
pub use secret::{Placeholder, SecretError, SecretValue};
pub(crate) use stand_ins::LOCALHOST;
pub use stand_ins::StandIns;
