//! `mount_setattr`, which rustix does not wrap.

use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io::Errno;

use super::check;

/// Attributes to set on a mount and everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attributes(u64);

impl Attributes {
    pub(crate) const READ_ONLY: Self = Self(libc::MOUNT_ATTR_RDONLY);
    pub(crate) const NO_SUID: Self = Self(libc::MOUNT_ATTR_NOSUID);
    pub(crate) const NO_DEVICES: Self = Self(libc::MOUNT_ATTR_NODEV);
    pub(crate) const NO_EXEC: Self = Self(libc::MOUNT_ATTR_NOEXEC);

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Sets `attributes` on the mount behind `mount`, with all mounts below it when `recursive`.
pub(crate) fn set_attributes(
    mount: BorrowedFd<'_>,
    attributes: Attributes,
    reach: Reach,
) -> Result<(), Errno> {
    let request: [u64; 4] = [attributes.0, 0, 0, 0];
    let flags = libc::AT_EMPTY_PATH
        | match reach {
            Reach::One => 0,
            Reach::Tree => libc::AT_RECURSIVE,
        };
    // SAFETY: `request` is a valid mount_attr of the given size, the path is an empty C string.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            request.as_ptr(),
            size_of_val(&request),
        )
    };
    check(result).map(drop)
}

/// How far a change of attributes reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only the mount itself.
    One,
    /// The mount and all mounts below it.
    Tree,
}
