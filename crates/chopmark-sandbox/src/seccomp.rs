//! The system-call filter: which calls run, which ask the supervisor, which are closed.

mod bpf;
mod calls;

pub(crate) use bpf::filter;
pub(crate) use calls::{CLOSED, closed_name};
