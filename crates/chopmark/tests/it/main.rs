//! The public binary, as its users run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    reason = "tests fail loudly"
)]

mod commands;
mod journal;
mod record;
mod scripts;
mod story;
