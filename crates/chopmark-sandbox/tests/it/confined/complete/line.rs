//! A line of `strace -y`: a call, its arguments and what came back.

use std::iter::Peekable;
use std::str::Chars;

/// A finished call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    arguments: Vec<String>,
    /// The path behind the descriptor that came back.
    pub(super) returned: Option<String>,
    /// The error's name.
    pub(super) error: Option<String>,
    /// The new process, by its id where `strace` runs.
    pub(super) child: Option<u32>,
}

impl Call {
    pub(super) fn argument(&self, index: usize) -> &str {
        self.arguments.get(index).map_or("", String::as_str)
    }

    /// Whether some argument holds `word`.
    pub(super) fn says(&self, word: &str) -> bool {
        let plain = |argument: &&String| !argument.starts_with('"');
        self.arguments
            .iter()
            .filter(plain)
            .any(|argument| argument.contains(word))
    }

    /// A string argument, unescaped.
    pub(super) fn text(&self, index: usize) -> String {
        unquote(self.argument(index))
    }

    /// The path behind a descriptor argument.
    pub(super) fn held(&self, index: usize) -> String {
        annotation(self.argument(index)).unwrap_or_default()
    }

    /// The address in an argument, as the journal writes it.
    pub(super) fn address(&self, index: usize) -> Option<String> {
        let text = self.argument(index);
        let part = |start: &str, end: &str| {
            let (_, rest) = text.split_once(start)?;
            Some(rest.split_once(end)?.0.to_owned())
        };
        if text.contains("sa_family=AF_UNIX") {
            let (_, path) = text.split_once("sun_path=")?;
            return Some(match path.strip_prefix('@') {
                Some(name) => format!("@{}", unquote(name)),
                None => unquote(path),
            });
        }
        let port = part("_port=htons(", ")")?;
        match part("inet_addr(\"", "\")") {
            Some(ip) => Some(format!("{ip}:{port}")),
            None => Some(format!("[{}]:{port}", part("AF_INET6, \"", "\"")?)),
        }
    }
}

/// Reads a line; none for signals, exits and what is unfinished.
pub(super) fn parse(line: &str) -> Option<Call> {
    let (name, rest) = line.split_once('(')?;
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return None;
    }
    let mut rest = rest.chars().peekable();
    let arguments = arguments(&mut rest)?;
    let result: String = rest.collect();
    let result = result.trim_start().strip_prefix('=')?.trim_start();
    let error = result
        .strip_prefix("-1 ")
        .and_then(|rest| rest.split(' ').next());
    let translated = result
        .split_once("/* ")
        .and_then(|(_, note)| note.split(' ').next());
    let child = translated.or(result.split([' ', '<']).next());
    Some(Call {
        name: name.to_owned(),
        arguments,
        returned: annotation(result).filter(|_| error.is_none()),
        error: error.map(str::to_owned),
        child: child
            .and_then(|pid| pid.parse().ok())
            .filter(|pid| *pid > 0),
    })
}

/// The arguments up to the closing bracket.
fn arguments(text: &mut Peekable<Chars<'_>>) -> Option<Vec<String>> {
    let (mut found, mut part, mut depth) = (Vec::new(), String::new(), 0_u32);
    loop {
        let character = text.next()?;
        match character {
            ')' if depth == 0 => break,
            ',' if depth == 0 => {
                found.push(std::mem::take(&mut part).trim().to_owned());
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '"' => {
                part.push('"');
                quoted(text, &mut part, '"')?;
                continue;
            }
            '<' => {
                part.push('<');
                quoted(text, &mut part, '>')?;
                continue;
            }
            _ => {}
        }
        part.push(character);
    }
    found.push(part.trim().to_owned());
    Some(found)
}

/// Copies up to `end`, escapes as they are.
fn quoted(text: &mut Peekable<Chars<'_>>, part: &mut String, end: char) -> Option<()> {
    loop {
        let character = text.next()?;
        part.push(character);
        if character == end {
            return Some(());
        }
        if character == '\\' {
            part.push(text.next()?);
        }
    }
}

/// `3</path>` or `3</path>(deleted)`.
fn annotation(text: &str) -> Option<String> {
    let (_, path) = text.split_once('<')?;
    let (path, after) = path.rsplit_once('>')?;
    let deleted = if after.starts_with("(deleted)") {
        " (deleted)"
    } else {
        ""
    };
    Some(unescape(path) + deleted)
}

fn unquote(text: &str) -> String {
    let inner = text
        .strip_prefix('"')
        .and_then(|rest| rest.rsplit_once('"'));
    unescape(inner.map_or("", |(inner, _)| inner))
}

fn unescape(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes().peekable());
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'v') => bytes.push(11),
            Some(b'f') => bytes.push(12),
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    match rest.next_if(|digit| (b'0'..=b'7').contains(digit)) {
                        Some(digit) => value = value * 8 + u32::from(digit - b'0'),
                        None => break,
                    }
                }
                bytes.push(u8::try_from(value & 0xFF).unwrap());
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
