//! Tests of the project's own structure.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test fails loudly"
)]

mod tidy;
mod vectors;
