//! The frames: a tag, fixed numbers, then length-prefixed byte strings, all little-endian.

use crate::journal::{Access, Operation, Process, Program, Verdict};
use crate::known::{Known, Print};

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    /// An access, carried out or refused.
    Access(Access),
    /// A process seen for the first time.
    Process(Process),
    /// A program that some process runs.
    Program(Program),
    /// A digest that a later run may take over; no part of the journal.
    Known(Known),
}

/// Appends `report` to `out`.
pub(crate) fn encode(report: &Report, out: &mut Vec<u8>) {
    match report {
        Report::Access(access) => encode_access(access, out),
        Report::Process(process) => {
            out.push(TAG_PROCESS);
            words(
                out,
                &[
                    process.time_ns,
                    u64::from(process.pid),
                    u64::from(process.parent),
                ],
            );
        }
        Report::Program(program) => {
            out.push(TAG_PROGRAM);
            let number = u64::from(program.number);
            words(
                out,
                &[
                    program.time_ns,
                    number,
                    program.device,
                    program.inode,
                    program.size,
                ],
            );
            out.extend_from_slice(&program.sha256);
            bytes(out, &program.path);
        }
        Report::Known(known) => encode_known(known, out),
    }
}

fn encode_access(access: &Access, out: &mut Vec<u8>) {
    out.push(TAG_ACCESS);
    out.push(access.operation.number());
    out.push(u8::from(access.verdict == Verdict::Denied));
    words(
        out,
        &[
            access.time_ns,
            u64::from(access.pid),
            u64::from(access.program),
            access.device,
            access.inode,
            access.flags,
            u64::from(access.rule),
            u64::from(access.errno.cast_unsigned()),
        ],
    );
    bytes(out, &access.requested);
    bytes(out, &access.resolved);
    bytes(out, &access.second);
}

fn encode_known(known: &Known, out: &mut Vec<u8>) {
    let print = known.print;
    out.push(TAG_KNOWN);
    words(
        out,
        &[
            print.device,
            print.inode,
            print.size,
            print.modified.0,
            print.modified.1,
            print.changed.0,
            print.changed.1,
        ],
    );
    out.extend_from_slice(&known.sha256);
}

fn words(out: &mut Vec<u8>, values: &[u64]) {
    for value in values {
        out.extend_from_slice(&value.to_le_bytes());
    }
}

fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    out.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(value);
}

/// Reads one whole frame; `None` when it is not one.
pub(crate) fn decode(frame: &[u8]) -> Option<Report> {
    let mut input = Input(frame);
    let report = match input.byte()? {
        TAG_ACCESS => Report::Access(decode_access(&mut input)?),
        TAG_PROCESS => Report::Process(Process {
            time_ns: input.word()?,
            pid: input.small()?,
            parent: input.small()?,
        }),
        TAG_PROGRAM => Report::Program(Program {
            time_ns: input.word()?,
            number: input.small()?,
            device: input.word()?,
            inode: input.word()?,
            size: input.word()?,
            sha256: input.take(32)?.try_into().ok()?,
            path: input.bytes()?,
        }),
        TAG_KNOWN => Report::Known(Known {
            print: Print {
                device: input.word()?,
                inode: input.word()?,
                size: input.word()?,
                modified: (input.word()?, input.word()?),
                changed: (input.word()?, input.word()?),
            },
            sha256: input.take(32)?.try_into().ok()?,
        }),
        _ => return None,
    };
    input.0.is_empty().then_some(report)
}

fn decode_access(input: &mut Input<'_>) -> Option<Access> {
    Some(Access {
        operation: Operation::from_number(input.byte()?)?,
        verdict: if input.byte()? == 0 {
            Verdict::Allowed
        } else {
            Verdict::Denied
        },
        time_ns: input.word()?,
        pid: input.small()?,
        program: input.small()?,
        device: input.word()?,
        inode: input.word()?,
        flags: input.word()?,
        rule: input.small()?,
        errno: input.small()?.cast_signed(),
        requested: input.bytes()?,
        resolved: input.bytes()?,
        second: input.bytes()?,
    })
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn word(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.word()?).ok()
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let length = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        Some(self.take(usize::try_from(length).ok()?)?.to_vec())
    }
}

const TAG_ACCESS: u8 = 1;
const TAG_PROCESS: u8 = 2;
const TAG_PROGRAM: u8 = 3;
const TAG_KNOWN: u8 = 4;
