//! What the helper inside tells the supervising process: compact frames through shared memory.
//!
//! The helper writes without a system call; the supervising process reads at its own pace and
//! still finds everything after the helper was killed.

mod frame;
mod ring;

pub(crate) use frame::{Report, decode, encode};
pub(crate) use ring::{Consumer, Producer, ring};
