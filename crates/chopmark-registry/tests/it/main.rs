//! The servers over real HTTP: a registry with witnesses, each on a port of its own.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

mod foreign;
mod publish;
mod setup;
mod witness;
