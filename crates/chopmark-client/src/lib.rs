//! Fetch, decide, install and run agent skills.
//!
//! This crate does the work of the `chopmark` command and never prints: a second face must be
//! possible. It reads no environment and no clock; paths and times are arguments.

pub mod home;
