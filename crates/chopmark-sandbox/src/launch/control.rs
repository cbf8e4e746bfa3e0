//! Messages between the supervising process and the helper: one datagram each.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

/// What one side tells the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// To the supervising process: the process id of the helper.
    Helper(u32),
    /// To the supervising process: the namespaces stand; the broker's sockets may come with it.
    Ready,
    /// To the helper: go on; with the certificates that the sandbox trusts.
    Go(Vec<u8>),
    /// To the supervising process: a step failed.
    Failed(Step, i32),
    /// To the supervising process: the skill's first program runs.
    Started,
    /// To the supervising process: the skill's first program ended so.
    Exited(i32),
    /// To the supervising process: the skill's first program was ended by this signal.
    Signalled(i32),
    /// To the supervising process: the memory of all processes passed its limit.
    MemoryExceeded,
}

/// Steps of building a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// New namespaces.
    Namespaces,
    /// The loopback interface and the broker's listener.
    Network,
    /// The skill's root.
    Mounts,
    /// Landlock.
    Landlock,
    /// Capabilities.
    Capabilities,
    /// The system-call filter.
    Filter,
    /// Limits of resources.
    Limits,
    /// The first program.
    Exec,
}

impl Step {
    const ALL: [Self; 8] = [
        Self::Namespaces,
        Self::Network,
        Self::Mounts,
        Self::Landlock,
        Self::Capabilities,
        Self::Filter,
        Self::Limits,
        Self::Exec,
    ];

    /// The stable word of the step.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Network => "network",
            Self::Mounts => "mounts",
            Self::Landlock => "landlock",
            Self::Capabilities => "capabilities",
            Self::Filter => "seccomp",
            Self::Limits => "limits",
            Self::Exec => "exec",
        }
    }
}

/// Makes the two ends.
pub(crate) fn pair() -> Result<(OwnedFd, OwnedFd), Errno> {
    socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )
}

/// Sends a message, with at most [`MOST_DESCRIPTORS`] descriptors.
pub(crate) fn send(
    socket: BorrowedFd<'_>,
    message: &Message,
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), Errno> {
    let bytes = encode(message);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::TOOBIG);
    }
    sendmsg(
        socket,
        &[IoSlice::new(&bytes)],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    )
    .map(drop)
}

/// Receives a message, with the descriptors that came; `None` when the other side is gone.
pub(crate) fn receive(socket: BorrowedFd<'_>) -> Result<Option<(Message, Vec<OwnedFd>)>, Errno> {
    let mut bytes = vec![0_u8; MAX_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        let mut buffers = [IoSliceMut::new(&mut bytes)];
        match recvmsg(
            socket,
            &mut buffers,
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        ) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    };
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    if got.bytes == 0 {
        return Ok(None);
    }
    let message = bytes
        .get(..got.bytes)
        .and_then(decode)
        .ok_or(Errno::BADMSG)?;
    Ok(Some((message, descriptors)))
}

/// Sends without caring whether anybody still listens: the sender is about to end.
pub(crate) fn tell(socket: &OwnedFd, message: &Message) {
    let _ = send(socket.as_fd(), message, &[]);
}

fn encode(message: &Message) -> Vec<u8> {
    let (tag, value) = match message {
        Message::Helper(pid) => (0, pid.cast_signed()),
        Message::Ready => (1, 0),
        Message::Go(pem) => return [&[2_u8], pem.as_slice()].concat(),
        Message::Failed(step, errno) => {
            let step = Step::ALL.iter().position(|s| s == step).unwrap_or(0);
            (
                u8::try_from(step).unwrap_or(0).saturating_add(FAILED),
                *errno,
            )
        }
        Message::Started => (3, 0),
        Message::Exited(status) => (4, *status),
        Message::Signalled(signal) => (5, *signal),
        Message::MemoryExceeded => (6, 0),
    };
    [&[tag][..], &value.to_le_bytes()].concat()
}

fn decode(bytes: &[u8]) -> Option<Message> {
    let (tag, rest) = bytes.split_first()?;
    if *tag == 2 {
        return Some(Message::Go(rest.to_vec()));
    }
    let value = i32::from_le_bytes(rest.try_into().ok()?);
    Some(match *tag {
        0 => Message::Helper(value.cast_unsigned()),
        1 => Message::Ready,
        3 => Message::Started,
        4 => Message::Exited(value),
        5 => Message::Signalled(value),
        6 => Message::MemoryExceeded,
        tag => {
            let step = Step::ALL.get(usize::from(tag.checked_sub(FAILED)?))?;
            Message::Failed(*step, value)
        }
    })
}

/// Room for the broker's sockets.
pub(crate) const MOST_DESCRIPTORS: usize = 64;
const FAILED: u8 = 16;
/// Room for a bundle of certificates would not fit a datagram: only the run's own goes this way.
const MAX_BYTES: usize = 64 * 1024;
