//! Fetch, decide, install and run agent skills.
//!
//! This crate does the work of the `chopmark` command and never prints: a second face must be
//! possible. It reads no environment and no clock; paths and times are arguments.

pub mod check;
pub mod durable;
pub mod home;
pub mod install;
pub mod keys;
pub mod lock;
pub mod scope;
pub mod seal;
pub mod secrets;
pub mod store;
pub mod tree;
