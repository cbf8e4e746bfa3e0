//! Formats, rules and verdicts of Chopmark: no I/O, no clock, no randomness

pub mod digest;
pub mod flow;
pub mod level;
pub mod package;
