//! Integration tests of the sandbox.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

mod broker;
mod confined;
