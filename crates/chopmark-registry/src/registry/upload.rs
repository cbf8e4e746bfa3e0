//! The parts of a request: the record, a tree, and blobs, streamed to files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use axum::{
    extract::multipart::{Field, Multipart},
    http::StatusCode,
};
use chopmark_core::{
    digest::BlobDigest,
    package::{MAX_MANIFEST_BYTES, TreeManifest},
    record::{Body, MAX_LEAF_BYTES, Record},
};
use chopmark_log::disk::Disk;
use sha2::{Digest as _, Sha256};
use tokio::{fs::File, io::AsyncWriteExt as _};

use crate::problem::Problem;

/// The largest request, all parts together.
pub(super) const MAX_TOTAL: u64 = 64 * 1024 * 1024;

/// The largest body: the parts and what multipart puts around 4,098 of them.
pub(super) const MAX_REQUEST: usize = 66 * 1024 * 1024;

/// A folder of one request's files, removed when the request ends.
pub(super) struct Incoming(PathBuf);

impl Incoming {
    pub(super) fn new(folder: &Path) -> std::io::Result<Self> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(std::io::Error::other)?;
        let path = folder.join(chopmark_core::digest::hex(&name));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Reads the first part, which must be the record.
pub(super) async fn record(parts: &mut Multipart) -> Result<Record, Problem> {
    let mut field = next(parts)
        .await?
        .filter(|field| field.name() == Some("record"))
        .ok_or_else(|| bad("request-parts", "the first part must be `record`"))?;
    let bytes = whole(&mut field, MAX_LEAF_BYTES).await?;
    Record::parse(&bytes).map_err(|e| bad("record-malformed", e).blame("author"))
}

/// What came besides the record.
#[derive(Default)]
pub(super) struct Parts {
    tree: Option<TreeManifest>,
    blobs: BTreeMap<BlobDigest, PathBuf>,
}

impl Parts {
    /// Reads the rest of the request: `tree` at most once and first, then `blob`s. Only blobs that
    /// the record or its tree names are kept; the first other one ends the request.
    pub(super) async fn read(
        parts: &mut Multipart,
        record: &Record,
        incoming: &Incoming,
    ) -> Result<Self, Problem> {
        let mut this = Self::default();
        let mut left = MAX_TOTAL;
        let mut named = reports(record);
        while let Some(mut field) = next(parts).await? {
            match field.name() {
                Some("tree") if this.tree.is_none() && this.blobs.is_empty() => {
                    let bytes = whole(&mut field, MAX_MANIFEST_BYTES).await?;
                    left = left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                    let tree = TreeManifest::parse(&bytes)
                        .map_err(|e| bad("package-refused", e).blame("author"))?;
                    let same =
                        matches!(record.body(), Body::Release(b) if b.content == tree.digest());
                    if !same {
                        return Err(bad("tree-mismatch", "the tree is not the one released")
                            .blame("author"));
                    }
                    named.extend(tree.entries().iter().map(|e| (e.digest(), e.size())));
                    this.tree = Some(tree);
                }
                Some("blob") => {
                    let file = incoming.0.join(this.blobs.len().to_string());
                    let (digest, size) = stream(&mut field, &file, left).await?;
                    left = left.saturating_sub(size);
                    let wanted = named
                        .iter()
                        .any(|(named, s)| *named == digest && (*s == size || *s == ANY_SIZE));
                    if !wanted {
                        return Err(bad(
                            "blob-unnamed",
                            format!("blob {digest} is named neither by record nor by tree"),
                        )
                        .blame("author"));
                    }
                    this.blobs.insert(digest, file);
                }
                Some(_) | None => {
                    return Err(bad(
                        "request-parts",
                        "parts are `record`, then `tree` once for a release, then `blob`s",
                    ));
                }
            }
        }
        Ok(this)
    }

    /// Makes tree and blobs durable and public; a release must have all of them here or there.
    pub(super) fn store(self, disk: &Disk, record: &Record) -> Result<(), Problem> {
        let broken = |e: chopmark_log::disk::DiskError| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "log-storage", e).blame("registry")
        };
        if let Body::Release(release) = record.body() {
            let path = format!("tree/sha256/{}", release.content);
            let held = match &self.tree {
                Some(tree) => tree.bytes().to_vec(),
                None => disk.read(&path).map_err(broken)?.ok_or_else(|| {
                    missing(
                        "tree-missing",
                        format!("tree {} is not here", release.content),
                    )
                })?,
            };
            let tree = TreeManifest::parse(&held).map_err(|e| bad("package-refused", e))?;
            for entry in tree.entries() {
                if !self.blobs.contains_key(&entry.digest())
                    && !disk.holds(&blob_path(&entry.digest()))
                {
                    return Err(missing(
                        "blob-missing",
                        format!("blob {} (`{}`) is not here", entry.digest(), entry.path()),
                    ));
                }
            }
            self.adopt(disk).map_err(broken)?;
            return disk.write_immutable(&[(path, held)]).map_err(broken);
        }
        self.adopt(disk).map_err(broken)
    }

    fn adopt(&self, disk: &Disk) -> Result<(), chopmark_log::disk::DiskError> {
        let files: Vec<_> = self
            .blobs
            .iter()
            .map(|(digest, file)| (file.clone(), blob_path(digest)))
            .filter(|(_, path)| !disk.holds(path))
            .collect();
        disk.adopt(&files)
    }
}

const ANY_SIZE: u64 = u64::MAX;

/// The blobs that a record itself names.
fn reports(record: &Record) -> BTreeSet<(BlobDigest, u64)> {
    let report = match record.body() {
        Body::Scan(b) => Some(b.report),
        Body::Audit(b) => b.report,
        Body::Veto(b) => b.report,
        Body::Charter(_)
        | Body::Inception(_)
        | Body::Rotate(_)
        | Body::Retire(_)
        | Body::Claim(_)
        | Body::Release(_)
        | Body::Yank(_)
        | Body::Vouch(_)
        | Body::Retract(_)
        | Body::State(_)
        | Body::Rules(_) => None,
    };
    report
        .map(|digest| (digest, ANY_SIZE))
        .into_iter()
        .collect()
}

fn blob_path(digest: &BlobDigest) -> String {
    format!("blob/sha256/{digest}")
}

async fn next(parts: &mut Multipart) -> Result<Option<Field<'_>>, Problem> {
    parts
        .next_field()
        .await
        .map_err(|e| Problem::new(e.status(), "request-parts", e.body_text()))
}

async fn chunk(field: &mut Field<'_>) -> Result<Option<axum::body::Bytes>, Problem> {
    field
        .chunk()
        .await
        .map_err(|e| Problem::new(e.status(), "request-parts", e.body_text()))
}

async fn whole(field: &mut Field<'_>, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = chunk(field).await? {
        if bytes.len().saturating_add(chunk.len()) > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn stream(
    field: &mut Field<'_>,
    path: &Path,
    limit: u64,
) -> Result<(BlobDigest, u64), Problem> {
    let broken = |e: std::io::Error| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "log-storage", e).blame("registry")
    };
    let mut file = File::create(path).await.map_err(broken)?;
    let mut hash = Sha256::new();
    let mut size = 0u64;
    while let Some(chunk) = chunk(field).await? {
        size = size.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if size > limit {
            return Err(too_large());
        }
        hash.update(&chunk);
        file.write_all(&chunk).await.map_err(broken)?;
    }
    file.flush().await.map_err(broken)?;
    Ok((BlobDigest::from_bytes(hash.finalize().into()), size))
}

fn bad(code: &'static str, detail: impl ToString) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, detail)
}

fn missing(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).blame("author")
}

fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "request-too-large",
        "a part or the whole request is larger than allowed",
    )
}
