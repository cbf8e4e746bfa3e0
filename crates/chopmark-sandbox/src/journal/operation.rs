//! What a skill did or tried.

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $number:literal $word:literal,)*) => {
        /// What a skill did or tried.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation { $($(#[$doc])* $name,)* }

        impl Operation {
            /// The stable word of the journal.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The operation of a journal's word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }

            pub(crate) fn number(self) -> u8 {
                match self { $(Self::$name => $number,)* }
            }

            pub(crate) fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

operations! {
    /// A file was opened.
    Open = 1 "open",
    /// A program was started.
    Exec = 2 "exec",
    /// A file was removed.
    Unlink = 3 "unlink",
    /// A folder was removed.
    Rmdir = 4 "rmdir",
    /// A file or folder was renamed; the second path is the new name.
    Rename = 5 "rename",
    /// A hard link was made; the second path is the new name.
    Link = 6 "link",
    /// A symbolic link was made; the second path is its content.
    Symlink = 7 "symlink",
    /// A folder was made.
    Mkdir = 8 "mkdir",
    /// A special file was made.
    Mknod = 9 "mknod",
    /// A mode was changed.
    Chmod = 10 "chmod",
    /// An owner was changed.
    Chown = 11 "chown",
    /// A file was cut by path.
    Truncate = 12 "truncate",
    /// An extended attribute was set or removed.
    Xattr = 13 "xattr",
    /// Times were changed.
    Utime = 14 "utime",
    /// A socket was connected.
    Connect = 15 "connect",
    /// A socket was bound.
    Bind = 16 "bind",
    /// A datagram was addressed.
    Send = 17 "send",
    /// A closed or unknown system call was tried.
    Call = 18 "call",
    /// A process or thread was started beyond the limit.
    Fork = 19 "fork",
    /// An anonymous file in memory was made, without the right to be executed.
    Memfd = 20 "memfd",
}
