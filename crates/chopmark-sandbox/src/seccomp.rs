//! The system-call filter: which calls run, which ask the supervisor, which are closed.

mod bpf;
mod calls;

pub(crate) use bpf::{ARCH_X86_64, X32_BIT, filter};
pub(crate) use calls::{SYS_REMOVEXATTRAT, SYS_SETXATTRAT, closed_name};
