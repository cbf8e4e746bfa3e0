//! Lines of accesses, read in exactly the form in which they are written.
//!
//! Nearly every line of a journal is one. Whatever has another form, such as an escape in a path,
//! is left to the general reader, which gives the same answer more slowly.

use super::{Access, Event, Line, Operation, Verdict};

/// The line of an access; `None` when it is none or is written in another way.
pub(super) fn access(text: &[u8]) -> Option<Line> {
    let mut input = Input(text);
    let sequence = input.number("{\"seq\":")?;
    let previous = input.hex("\"prev\":\"")?;
    let operation = Operation::from_word(input.text("\"kind\":\"")?)?;
    let access = Access {
        operation,
        time_ns: input.number("\"t\":")?,
        pid: input.small("\"pid\":")?,
        program: input.small("\"program\":")?,
        requested: input.text("\"requested\":\"")?.as_bytes().to_vec(),
        resolved: input.text("\"resolved\":\"")?.as_bytes().to_vec(),
        second: match input.text("\"second\":\"") {
            Some(second) => second.as_bytes().to_vec(),
            None => Vec::new(),
        },
        device: input.number("\"dev\":")?,
        inode: input.number("\"ino\":")?,
        flags: input.number("\"flags\":")?,
        verdict: match input.text("\"verdict\":\"")? {
            "allowed" => Verdict::Allowed,
            "denied" => Verdict::Denied,
            _ => return None,
        },
        rule: input.small("\"rule\":")?,
        errno: input.last("\"errno\":")?,
    };
    Some(Line {
        sequence,
        previous,
        event: Event::Access(access),
    })
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn skip(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// What stands before `end`, which is passed over.
    fn until(&mut self, end: u8) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(memchr::memchr(end, self.0)?)?;
        self.0 = rest.get(1..)?;
        Some(head)
    }

    /// A number after `name`, and the comma after it.
    fn number(&mut self, name: &str) -> Option<u64> {
        self.skip(name.as_bytes())?;
        decimal(self.until(b',')?)
    }

    fn small(&mut self, name: &str) -> Option<u32> {
        u32::try_from(self.number(name)?).ok()
    }

    /// The number that ends the line.
    fn last(&mut self, name: &str) -> Option<i32> {
        self.skip(name.as_bytes())?;
        let number = decimal(self.until(b'}')?)?;
        let number = u32::try_from(number).ok()?;
        self.0.is_empty().then_some(number.cast_signed())
    }

    /// A text after `name`, without escapes; nothing is taken when it is not there.
    fn text(&mut self, name: &str) -> Option<&'a str> {
        let mut ahead = Input(self.0);
        ahead.skip(name.as_bytes())?;
        let text = ahead.until(b'"')?;
        ahead.skip(b",")?;
        let plain = text.iter().all(|byte| *byte >= 0x20 && *byte != b'\\');
        let text = std::str::from_utf8(text).ok().filter(|_| plain)?;
        self.0 = ahead.0;
        Some(text)
    }

    fn hex(&mut self, name: &str) -> Option<[u8; 32]> {
        let text = self.text(name)?.as_bytes();
        let (pairs, []) = text.as_chunks::<2>() else {
            return None;
        };
        let pairs: &[[u8; 2]; 32] = pairs.try_into().ok()?;
        let mut bytes = [0_u8; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = (nibble(*high)? << 4) | nibble(*low)?;
        }
        Some(bytes)
    }
}

fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => byte.checked_sub(b'0'),
        b'a'..=b'f' => byte.checked_sub(b'a')?.checked_add(10),
        _ => None,
    }
}

/// Digits without a leading zero.
fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || (text.len() > 1 && text.starts_with(b"0")) {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

#[cfg(test)]
mod tests;
