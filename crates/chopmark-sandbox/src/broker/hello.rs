//! A strict, bounded reader of the first TLS message, for the name that the client asks for.

use thiserror::Error;

/// What the broker needs to know of a TLS `ClientHello`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientHello {
    /// The one `host_name` of the server name extension, in lower case.
    pub(super) server_name: Option<String>,
    /// An encrypted inner hello is present, so the name that counts may be another one.
    pub(super) encrypted: bool,
}

/// How far the bytes received so far go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The hello is not complete yet.
    More,
    /// The whole hello was read.
    Done(ClientHello),
}

/// Why the first bytes of a tunnel are not an acceptable hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum HelloError {
    /// The tunnel does not begin with a TLS handshake record.
    #[error("the tunnel does not begin with TLS")]
    NotTls,
    /// The hello is longer than [`MAX_HELLO_BYTES`].
    #[error("the TLS hello is too long")]
    TooLong,
    /// A length or a value contradicts RFC 8446 or RFC 6066.
    #[error("the TLS hello is malformed")]
    Malformed,
}

/// Reads a `ClientHello` from the first bytes of a tunnel, across TLS records.
///
/// Two readings of one hello would let a client show one name to the broker and another to the
/// server, so whatever is ambiguous (a second extension of one kind, a second name, spare bytes)
/// is malformed.
///
/// Spec: RFC 8446 §4.1.2, §5.1; RFC 6066 §3; docs/spec/egress.md §3.
///
/// # Errors
///
/// A [`HelloError`]; more bytes would not help.
pub(super) fn read(bytes: &[u8]) -> Result<Progress, HelloError> {
    let mut message = Vec::new();
    let mut records = Reader(bytes);
    while !records.is_empty() {
        if records.0.first() != Some(&HANDSHAKE_RECORD)
            || records.0.get(1).is_some_and(|major| *major != 3)
        {
            return Err(HelloError::NotTls);
        }
        let Ok(header) = records.take(RECORD_HEADER_BYTES) else {
            return Ok(Progress::More);
        };
        let length = Reader(header.get(3..).unwrap_or_default()).u16()?;
        if length == 0 || length > MAX_RECORD_BYTES {
            return Err(HelloError::Malformed);
        }
        let available = usize::from(length).min(records.0.len());
        message.extend_from_slice(records.take(available)?);
        if message.len() > MAX_HELLO_BYTES {
            return Err(HelloError::TooLong);
        }
        if let Some(body) = complete_body(&message)? {
            return client_hello(body).map(Progress::Done);
        }
        if available < usize::from(length) {
            return Ok(Progress::More);
        }
    }
    Ok(Progress::More)
}

/// The body of the handshake message, once all of it is there.
fn complete_body(message: &[u8]) -> Result<Option<&[u8]>, HelloError> {
    if message.first().is_some_and(|kind| *kind != CLIENT_HELLO) {
        return Err(HelloError::Malformed);
    }
    let [_, high, middle, low, body @ ..] = message else {
        return Ok(None);
    };
    let length = usize::try_from(u32::from_be_bytes([0, *high, *middle, *low]))
        .map_err(|_| HelloError::TooLong)?;
    if length > MAX_HELLO_BYTES {
        return Err(HelloError::TooLong);
    }
    if body.len() > length {
        return Err(HelloError::Malformed);
    }
    Ok((body.len() == length).then_some(body))
}

fn client_hello(body: &[u8]) -> Result<ClientHello, HelloError> {
    let mut reader = Reader(body);
    reader.take(VERSION_AND_RANDOM_BYTES)?;
    reader.vector_u8()?; // session id
    reader.vector_u16()?; // cipher suites
    reader.vector_u8()?; // compression methods
    let mut hello = ClientHello {
        server_name: None,
        encrypted: false,
    };
    if reader.is_empty() {
        return Ok(hello);
    }
    let mut extensions = Reader(reader.vector_u16()?);
    if !reader.is_empty() {
        return Err(HelloError::Malformed);
    }
    let mut seen = Vec::new();
    while !extensions.is_empty() {
        let kind = extensions.u16()?;
        let value = extensions.vector_u16()?;
        if seen.contains(&kind) {
            return Err(HelloError::Malformed);
        }
        seen.push(kind);
        match kind {
            SERVER_NAME => hello.server_name = Some(server_name(value)?),
            ENCRYPTED_CLIENT_HELLO | ENCRYPTED_SERVER_NAME => hello.encrypted = true,
            _ => {}
        }
    }
    Ok(hello)
}

fn server_name(value: &[u8]) -> Result<String, HelloError> {
    let mut outer = Reader(value);
    let mut list = Reader(outer.vector_u16()?);
    let kind = list.u8()?;
    let name = list.vector_u16()?;
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    if kind != 0 || !list.is_empty() || !outer.is_empty() || !name.iter().all(allowed) {
        return Err(HelloError::Malformed);
    }
    let name = str::from_utf8(name).map_err(|_| HelloError::Malformed)?;
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(HelloError::Malformed);
    }
    Ok(name.to_ascii_lowercase())
}

/// What is left to read; every read is checked.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], HelloError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(HelloError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, HelloError> {
        let (byte, rest) = self.0.split_first().ok_or(HelloError::Malformed)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn u16(&mut self) -> Result<u16, HelloError> {
        Ok(u16::from_be_bytes([self.u8()?, self.u8()?]))
    }

    fn vector_u8(&mut self) -> Result<&'a [u8], HelloError> {
        let length = self.u8()?;
        self.take(usize::from(length))
    }

    fn vector_u16(&mut self) -> Result<&'a [u8], HelloError> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The longest hello read; post-quantum key shares need about 2 KiB.
pub(super) const MAX_HELLO_BYTES: usize = 16 * 1024;

const MAX_RECORD_BYTES: u16 = 1 << 14;
const MAX_NAME_BYTES: usize = 253;
const RECORD_HEADER_BYTES: usize = 5;
const VERSION_AND_RANDOM_BYTES: usize = 34;
const HANDSHAKE_RECORD: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;
const ENCRYPTED_SERVER_NAME: u16 = 0xffce;

#[cfg(test)]
mod tests;
