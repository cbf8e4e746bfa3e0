//! Arguments that lie in the caller's memory.

use rustix::io::Errno;

use super::Supervisor;
use crate::sys::notify::Notification;
use crate::sys::process::read_memory;

impl Supervisor {
    /// A path argument, without its NUL.
    pub(super) fn read_path(&self, call: &Notification, address: u64) -> Result<Vec<u8>, Errno> {
        let mut path = Vec::new();
        let mut at = address;
        if at == 0 {
            return Err(Errno::FAULT);
        }
        while path.len() < MAX_PATH {
            let to_page_end = PAGE.saturating_sub(at & (PAGE - 1));
            let mut part = [0_u8; CHUNK];
            let length = usize::try_from(to_page_end).unwrap_or(CHUNK).min(CHUNK);
            let buffer = part.get_mut(..length).ok_or(Errno::FAULT)?;
            let count = read_memory(call.thread, at, buffer)?;
            let got = buffer.get(..count).unwrap_or_default();
            if let Some(end) = got.iter().position(|byte| *byte == 0) {
                path.extend_from_slice(got.get(..end).unwrap_or_default());
                return if self.still_waits(call) {
                    Ok(path)
                } else {
                    Err(Errno::NOENT)
                };
            }
            if count == 0 {
                return Err(Errno::FAULT);
            }
            path.extend_from_slice(got);
            at = at.wrapping_add(u64::try_from(count).unwrap_or(0));
        }
        Err(Errno::NAMETOOLONG)
    }

    /// Exactly `N` bytes.
    pub(super) fn read_exact<const N: usize>(
        &self,
        call: &Notification,
        address: u64,
    ) -> Result<[u8; N], Errno> {
        let mut bytes = [0_u8; N];
        let count = read_memory(call.thread, address, &mut bytes)?;
        if count != N {
            return Err(Errno::FAULT);
        }
        if self.still_waits(call) {
            Ok(bytes)
        } else {
            Err(Errno::NOENT)
        }
    }

    /// `length` bytes, at most `most`.
    pub(super) fn read_bytes(
        &self,
        call: &Notification,
        address: u64,
        length: u64,
        most: usize,
    ) -> Result<Vec<u8>, Errno> {
        let length = usize::try_from(length).map_err(|_| Errno::INVAL)?;
        if length > most {
            return Err(Errno::INVAL);
        }
        let mut bytes = vec![0_u8; length];
        let count = read_memory(call.thread, address, &mut bytes)?;
        if count != length {
            return Err(Errno::FAULT);
        }
        if self.still_waits(call) {
            Ok(bytes)
        } else {
            Err(Errno::NOENT)
        }
    }
}

/// One little-endian word of an argument structure.
pub(super) fn word(bytes: &[u8], index: usize) -> u64 {
    let start = index.saturating_mul(8);
    let part = bytes
        .get(start..start.saturating_add(8))
        .unwrap_or_default();
    part.try_into().map_or(0, u64::from_ne_bytes)
}

/// A register that holds an `int`.
pub(super) fn int(register: u64) -> i32 {
    u32::try_from(register & 0xFFFF_FFFF)
        .unwrap_or(0)
        .cast_signed()
}

/// A register that holds an `unsigned int`.
pub(super) fn unsigned(register: u64) -> u32 {
    int(register).cast_unsigned()
}

/// `PATH_MAX`.
const MAX_PATH: usize = 4096;
const PAGE: u64 = 4096;
const CHUNK: usize = 512;
