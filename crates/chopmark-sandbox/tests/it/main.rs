//! Integration tests of the sandbox.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test fails loudly"
)]

mod bench;
mod broker;
mod confined;
mod cores;
mod escape;
mod granted;
