//! Tests of the project's own structure.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

mod tidy;
