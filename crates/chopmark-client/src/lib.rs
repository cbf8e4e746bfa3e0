//! Fetch, decide, install and run agent skills.
//!
//! This crate does the work of the `chopmark` command and never prints: a second face must be
//! possible. It reads no environment and no clock; paths and times are arguments.

pub mod adoption;
pub mod cedar;
pub mod check;
pub mod decide;
pub mod durable;
pub mod enact;
pub mod folder;
pub mod head;
pub mod home;
pub mod hook;
pub mod host;
pub mod http;
pub mod identity;
pub mod install;
pub mod keys;
pub mod lock;
pub mod memory;
pub mod pinned;
pub mod receipts;
pub mod reference;
pub mod remote;
pub mod replay;
pub mod requests;
pub mod review;
pub mod run;
pub mod scope;
pub mod seal;
pub mod secrets;
pub mod signed;
pub mod store;
pub mod submit;
pub mod term;
pub mod tree;
pub mod trust;
