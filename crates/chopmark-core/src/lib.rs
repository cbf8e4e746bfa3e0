//! Formats, rules and verdicts of Chopmark: no I/O, no clock, no randomness

#![cfg_attr(
    test,
    expect(
        clippy::arithmetic_side_effects,
        reason = "tests count small numbers, and an overflow fails them"
    )
)]

pub mod admit;
pub mod checkpoint;
pub mod digest;
pub mod docket;
pub mod dsse;
pub mod entry;
pub mod evidence;
pub mod flow;
pub mod identity;
pub mod json;
pub mod kernel;
pub mod key;
pub mod level;
pub mod map;
pub mod merkle;
pub mod name;
pub mod note;
pub mod package;
pub mod permission;
pub mod policy;
pub mod receipt;
pub mod record;
pub mod requirement;
pub mod roots;
pub mod rules;
pub mod score;
pub mod skill;
pub mod state;
pub mod tile;
pub mod tlog_policy;
pub mod tlog_proof;

#[cfg(any(test, feature = "testing"))]
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "test fixtures fail loudly"
)]
pub mod testing;
pub mod yaml;
