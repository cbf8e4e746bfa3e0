//! The read path: files, and nothing else. Any file server can take its place.

use std::{io::SeekFrom, path::Path, sync::Arc};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use chopmark_core::digest::{hex, sha256};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _},
};

use super::Registry;
use crate::problem::Problem;

/// Answers GET and HEAD for a file of the public folder.
pub(super) async fn file(
    State(registry): State<Arc<Registry>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "files are read with GET",
        )
        .into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let missing = || Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such file");
    if !is_public(path) {
        return missing().into_response();
    }
    let target = registry.disk.root().join(path);
    match read(&target, range(&headers)).await {
        Some(part) => answer(path, part, &headers, &method),
        None => missing().into_response(),
    }
}

/// Names made of letters, digits, `-`, `_`, `.` and `@`; none hidden or temporary.
fn is_public(path: &str) -> bool {
    const FOLDERS: [&str; 6] = ["tile", "map", "blob", "tree", "index", ".well-known"];
    let mut parts = path.split('/');
    let first = parts.next().unwrap_or_default();
    let known = path == "checkpoint" || (FOLDERS.contains(&first) && path.contains('/'));
    known
        && parts.all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.ends_with(".tmp")
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
}

/// What `Range` asks for: first byte and, perhaps, last.
fn range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(header::RANGE)?.to_str().ok()?;
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let last = match last {
        "" => None,
        last => Some(last.parse().ok()?),
    };
    Some((first.parse().ok()?, last))
}

struct Part {
    bytes: Vec<u8>,
    size: u64,
    /// First and last byte, when it is not the whole.
    range: Option<(u64, u64)>,
}

async fn read(target: &Path, range: Option<(u64, Option<u64>)>) -> Option<Part> {
    let mut file = File::open(target).await.ok()?;
    let meta = file.metadata().await.ok()?;
    if !meta.is_file() {
        return None;
    }
    let size = meta.len();
    let end = size.saturating_sub(1);
    let range = range
        .map(|(first, last)| (first, last.unwrap_or(end).min(end)))
        .filter(|(first, last)| first <= last && *first < size);
    let mut bytes = Vec::new();
    if let Some((first, last)) = range {
        file.seek(SeekFrom::Start(first)).await.ok()?;
        let length = last.saturating_sub(first).saturating_add(1);
        file.take(length).read_to_end(&mut bytes).await.ok()?;
    } else {
        file.read_to_end(&mut bytes).await.ok()?;
    }
    Some(Part { bytes, size, range })
}

fn answer(path: &str, part: Part, headers: &HeaderMap, method: &Method) -> Response {
    let immutable = is_immutable(path);
    let tag = if immutable {
        format!("\"{}\"", hex(&sha256(path.as_bytes())))
    } else {
        format!("\"{}\"", hex(&sha256(&part.bytes)))
    };
    let fresh = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|held| held.as_bytes() == tag.as_bytes());
    let status = match (fresh, part.range) {
        (true, _) => StatusCode::NOT_MODIFIED,
        (false, Some(_)) => StatusCode::PARTIAL_CONTENT,
        (false, None) => StatusCode::OK,
    };
    let length = part.bytes.len();
    let body = if fresh || *method == Method::HEAD {
        Body::empty()
    } else {
        Body::from(part.bytes)
    };
    let mut response = (status, body).into_response();
    let out = response.headers_mut();
    let cache = if immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    out.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    if *method == Method::HEAD && !fresh {
        out.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if let Some((first, last)) = part.range
        && let Ok(text) = HeaderValue::from_str(&format!("bytes {first}-{last}/{}", part.size))
    {
        out.insert(header::CONTENT_RANGE, text);
    }
    response
}

fn is_immutable(path: &str) -> bool {
    ["tile/", "map/", "blob/", "tree/"]
        .iter()
        .any(|folder| path.starts_with(folder))
}

fn kind(path: &str) -> &'static str {
    if path == "checkpoint" || path.starts_with("tree/") {
        "text/plain; charset=utf-8"
    } else if path.ends_with(".jsonl") {
        "application/jsonl"
    } else if path.starts_with(".well-known/") {
        "application/json"
    } else {
        "application/octet-stream"
    }
}
