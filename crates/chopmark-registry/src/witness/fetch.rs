//! Fetches a log's new leaves from its entry bundles.

use chopmark_core::tile::{TILE_WIDTH, bundle_of, parse_bundle};
use chopmark_log::disk::MAX_FILE_BYTES;
use reqwest::{Client, StatusCode};

/// The most leaves that one request replays; a log further ahead asks in steps.
const MAX_LEAVES: u64 = 65_536;

/// Fetches the leaves `from..size` of the log at `url`. They are believed only when they lead to
/// the checkpoint's root.
pub(super) async fn leaves(
    client: &Client,
    url: &str,
    from: u64,
    size: u64,
) -> Result<Vec<Vec<u8>>, String> {
    if size.saturating_sub(from) > MAX_LEAVES {
        return Err(format!("more than {MAX_LEAVES} leaves at once"));
    }
    let mut leaves = Vec::new();
    let mut at = from;
    while at < size {
        let (tile, place) = bundle_of(at, size);
        let path = tile.path();
        let bytes = get(client, &format!("{}/{path}", url.trim_end_matches('/'))).await?;
        let entries = parse_bundle(&bytes).ok_or_else(|| format!("`{path}` is no entry bundle"))?;
        if u64::try_from(entries.len()) != Ok(tile.width) {
            return Err(format!("`{path}` does not hold {} entries", tile.width));
        }
        let skip = usize::try_from(place).unwrap_or(usize::MAX);
        leaves.extend(entries.into_iter().skip(skip).map(<[u8]>::to_vec));
        at = tile.index.saturating_add(1).saturating_mul(TILE_WIDTH);
    }
    Ok(leaves)
}

async fn get(client: &Client, url: &str) -> Result<Vec<u8>, String> {
    let response = client.get(url).send().await.map_err(|e| e.to_string())?;
    if response.status() != StatusCode::OK {
        return Err(format!("`{url}` answered {}", response.status()));
    }
    let limit = usize::try_from(MAX_FILE_BYTES).unwrap_or(usize::MAX);
    crate::server::body(response, limit)
        .await
        .ok_or_else(|| format!("`{url}` broke off or is too large"))
}
