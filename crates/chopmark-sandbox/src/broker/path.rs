//! Whether a request's path lies under a granted prefix, for every server's way of reading it.

/// The path cannot be judged, since servers would not agree on what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AmbiguousPath;

/// Checks that a path has one reading.
///
/// Refused are: anything that does not begin with a single `/`; segments `.` and `..`, also with
/// path parameters (`..;x`); backslashes; percent-encoded slashes, backslashes, dots and control
/// characters; broken percent signs; text that is still encoded after decoding once; bytes that
/// are not UTF-8 once decoded; bytes outside visible ASCII.
///
/// Spec: docs/spec/egress.md §5.
///
/// # Errors
///
/// [`AmbiguousPath`].
pub(super) fn check(path: &str) -> Result<(), AmbiguousPath> {
    if !path.starts_with('/') || path.starts_with("//") {
        return Err(AmbiguousPath);
    }
    if path
        .bytes()
        .any(|byte| !byte.is_ascii_graphic() || byte == b'\\')
    {
        return Err(AmbiguousPath);
    }
    let decoded = decode(path)?;
    if has_escape(&decoded) || str::from_utf8(&decoded).is_err() {
        return Err(AmbiguousPath);
    }
    for segment in path.split('/') {
        let name = segment.split(';').next().unwrap_or_default();
        if matches!(name, "." | "..") {
            return Err(AmbiguousPath);
        }
    }
    Ok(())
}

/// Whether a path, already [checked](check), lies under a prefix.
///
/// A prefix without a final slash covers itself and what is below it, not its longer siblings:
/// `/v1` covers `/v1` and `/v1/x`, but not `/v10`.
pub(super) fn is_under(path: &str, prefix: &str) -> bool {
    let Some(rest) = path.strip_prefix(prefix) else {
        return false;
    };
    prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/')
}

/// Decodes percent signs once, refusing those that no client writes for an honest reason.
fn decode(path: &str) -> Result<Vec<u8>, AmbiguousPath> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            decoded.push(*first);
            rest = after;
            continue;
        }
        let [high, low, after @ ..] = after else {
            return Err(AmbiguousPath);
        };
        let byte = escape(*high, *low).ok_or(AmbiguousPath)?;
        if matches!(byte, b'/' | b'\\' | b'.' | 0..=0x1f | 0x7f) {
            return Err(AmbiguousPath);
        }
        decoded.push(byte);
        rest = after;
    }
    Ok(decoded)
}

fn has_escape(bytes: &[u8]) -> bool {
    bytes.windows(3).any(|window| match window {
        [b'%', high, low] => escape(*high, *low).is_some(),
        _ => false,
    })
}

/// The byte that two hexadecimal digits stand for.
pub(super) fn escape(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    digit(high)?.checked_mul(16)?.checked_add(digit(low)?)
}

#[cfg(test)]
mod tests;
