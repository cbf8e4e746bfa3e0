//! Questions for names, as the DNS writes them, and the answers to them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A question that can be answered or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// In lower case, without a final dot.
    pub(super) name: String,
    kind: u16,
    /// Identifier and the bit by which the asker desired recursion.
    id: [u8; 2],
    recursion: u8,
    /// The question as it came, to be said back.
    raw: Vec<u8>,
}

/// What can be said to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The addresses that stand for the name; other kinds of records it has none.
    Addresses(Ipv4Addr, Ipv6Addr),
    /// There is no such name.
    NoSuchName,
    /// It cannot be told now.
    Failed,
}

/// Reads a message (RFC 1035 §4.1); `Err` holds the whole answer to what is no proper question,
/// empty if there is none.
pub(super) fn read(message: &[u8]) -> Result<Question, Vec<u8>> {
    let Some((header, rest)) = message.split_first_chunk::<HEADER>() else {
        return Err(Vec::new());
    };
    let [a, b, flags, _, questions_high, questions_low, ..] = *header;
    if flags & RESPONSE != 0 {
        return Err(Vec::new());
    }
    let recursion = flags & RECURSION;
    let fault = |code| reply_header([a, b], recursion, code, 0, 0).to_vec();
    if flags & OPERATION != 0 {
        return Err(fault(NOT_IMPLEMENTED));
    }
    if [questions_high, questions_low] != [0, 1] {
        return Err(fault(MALFORMED));
    }
    let Some((name, length)) = read_name(rest) else {
        return Err(fault(MALFORMED));
    };
    let end = length.saturating_add(4);
    let (Some(raw), Some(tail)) = (rest.get(..end), rest.get(length..end)) else {
        return Err(fault(MALFORMED));
    };
    let Ok([kind_high, kind_low, class_high, class_low]) = <[u8; 4]>::try_from(tail) else {
        return Err(fault(MALFORMED));
    };
    if [class_high, class_low] != INTERNET {
        return Err(fault(NOT_IMPLEMENTED));
    }
    Ok(Question {
        name,
        kind: u16::from_be_bytes([kind_high, kind_low]),
        id: [a, b],
        recursion,
        raw: raw.to_vec(),
    })
}

/// A name of letters, digits, `-` and `_`, and its length in bytes; never compressed in a question.
fn read_name(bytes: &[u8]) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut at = 0_usize;
    loop {
        let length = usize::from(*bytes.get(at)?);
        at = at.checked_add(1)?;
        if length == 0 {
            return (!name.is_empty()).then_some((name, at));
        }
        if length > 63 || name.len() > 253 {
            return None;
        }
        let end = at.checked_add(length)?;
        let label = bytes.get(at..end)?;
        if !name.is_empty() {
            name.push('.');
        }
        for byte in label {
            if !byte.is_ascii_alphanumeric() && !b"-_".contains(byte) {
                return None;
            }
            name.push(char::from(byte.to_ascii_lowercase()));
        }
        at = end;
    }
}

impl Question {
    /// The whole message that says `answer`.
    pub(super) fn reply(&self, answer: Answer) -> Vec<u8> {
        let data: Vec<u8> = match (answer, self.kind) {
            (Answer::Addresses(four, _), KIND_A) => four.octets().to_vec(),
            (Answer::Addresses(_, six), KIND_AAAA) => six.octets().to_vec(),
            (Answer::Addresses(..) | Answer::NoSuchName | Answer::Failed, _) => Vec::new(),
        };
        let code = match answer {
            Answer::Addresses(..) => NO_ERROR,
            Answer::NoSuchName => NO_SUCH_NAME,
            Answer::Failed => SERVER_FAILED,
        };
        let count = u8::from(!data.is_empty());
        let mut message = reply_header(self.id, self.recursion, code, 1, count).to_vec();
        message.extend(&self.raw);
        if let (1, Ok(length)) = (count, u16::try_from(data.len())) {
            message.extend(NAME_OF_THE_QUESTION);
            message.extend(self.kind.to_be_bytes());
            message.extend(INTERNET);
            message.extend(SECONDS_TO_LIVE.to_be_bytes());
            message.extend(length.to_be_bytes());
            message.extend(data);
        }
        message
    }
}

fn reply_header(id: [u8; 2], recursion: u8, code: u8, questions: u8, answers: u8) -> [u8; HEADER] {
    let [a, b] = id;
    let first = RESPONSE | AUTHORITATIVE | recursion;
    let second = RECURSION_AVAILABLE | code;
    [a, b, first, second, 0, questions, 0, answers, 0, 0, 0, 0]
}

const HEADER: usize = 12;
const RESPONSE: u8 = 0x80;
const OPERATION: u8 = 0x78;
const AUTHORITATIVE: u8 = 0x04;
const RECURSION: u8 = 0x01;
const RECURSION_AVAILABLE: u8 = 0x80;
const NO_ERROR: u8 = 0;
const MALFORMED: u8 = 1;
const SERVER_FAILED: u8 = 2;
const NO_SUCH_NAME: u8 = 3;
const NOT_IMPLEMENTED: u8 = 4;
const KIND_A: u16 = 1;
const KIND_AAAA: u16 = 28;
const INTERNET: [u8; 2] = [0, 1];
/// A pointer to the first byte after the header.
const NAME_OF_THE_QUESTION: [u8; 2] = [0xC0, 12];
const SECONDS_TO_LIVE: u32 = 60;

#[cfg(test)]
mod tests;
