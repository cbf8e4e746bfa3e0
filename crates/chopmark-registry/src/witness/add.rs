//! `add-checkpoint`, step by step as tlog-witness orders them.

use std::sync::Arc;

use axum::http::StatusCode;
use chopmark_core::{
    checkpoint::{cosign, verify_line},
    merkle::{empty_root, verify_consistency},
    note::Note,
    state::Fresh,
    tlog_policy::Endpoint,
};
use chopmark_log::witness::{Standing, WitnessStoreError, replay};

use super::{Mode, Witness, fetch, read_logs, request::Request};

/// Why there is no cosignature.
#[derive(Debug)]
pub(super) enum Refusal {
    /// 409: the size at which the witness stands.
    Stands(u64),
    /// Any other status, and why.
    Answer(StatusCode, String),
}

fn refuse<T>(status: StatusCode, why: impl ToString) -> Result<T, Refusal> {
    Err(Refusal::Answer(status, why.to_string()))
}

fn broken(why: impl ToString) -> Refusal {
    Refusal::Answer(StatusCode::INTERNAL_SERVER_ERROR, why.to_string())
}

/// Checks a request and cosigns; the new standing is durable before the line is returned.
pub(super) async fn add(witness: Arc<Witness>, body: Vec<u8>) -> Result<String, Refusal> {
    let request = Request::parse(&body).or_else(|why| refuse(StatusCode::BAD_REQUEST, why))?;
    let checkpoint = &request.checkpoint;

    // "If the checkpoint origin is unknown, the witness MUST respond with a 404."
    let policy = read_logs(&witness.options.logs).map_err(broken)?;
    let logs: Vec<&Endpoint> = policy
        .logs()
        .iter()
        .filter(|log| log.key.name() == checkpoint.origin)
        .collect();
    if logs.is_empty() {
        return refuse(StatusCode::NOT_FOUND, "this witness does not know the log");
    }
    // "403 if no signature from a trusted key is present, or [one] fails to verify."
    let mut log_lines = Vec::new();
    for log in &logs {
        for line in request.note.lines_of(&log.key) {
            verify_line(&log.key, line, request.note.text())
                .or_else(|error| refuse(StatusCode::FORBIDDEN, error))?;
            log_lines.push(line.clone());
        }
    }
    if log_lines.is_empty() {
        return refuse(StatusCode::FORBIDDEN, "no known key of the log signed");
    }
    // "The old size MUST be equal to or lower than the checkpoint size."
    if request.old > checkpoint.size {
        return refuse(StatusCode::BAD_REQUEST, "the old size is above the new one");
    }

    let _turn = witness.turn.lock().await;
    let standing = witness.store.standing(&checkpoint.origin).map_err(broken)?;
    if checkpoint.size == standing.size && checkpoint.root != standing.root {
        keep(&witness, &[&standing.note, &body])?;
    }
    // "The witness MUST check that the old size matches", else 409.
    if request.old != standing.size {
        return Err(Refusal::Stands(standing.size));
    }
    let url = logs.iter().find_map(|log| log.url.clone());
    let (mut next, fresh) = advance(&witness, &request, &standing, url, &body).await?;

    let now = crate::clock::now();
    let options = &witness.options;
    let line = cosign(&options.name, &options.key, request.note.text(), now).map_err(broken)?;
    log_lines.push(line.clone());
    let note = Note::new(request.note.text(), log_lines).map_err(broken)?;
    next.note = note.to_string().into_bytes();
    match witness
        .store
        .advance(&checkpoint.origin, standing.size, &next, &fresh)
    {
        Ok(()) => Ok(format!("{line}\n")),
        Err(WitnessStoreError::Moved) => {
            let now_at = witness.store.standing(&checkpoint.origin).map_err(broken)?;
            Err(Refusal::Stands(now_at.size))
        }
        Err(error) => Err(broken(error)),
    }
}

/// Finds where the witness stands after this checkpoint: consistency, then replay.
async fn advance(
    witness: &Arc<Witness>,
    request: &Request,
    standing: &Standing,
    url: Option<String>,
    body: &[u8],
) -> Result<(Standing, Fresh), Refusal> {
    let checkpoint = request.checkpoint.clone();
    // "A checkpoint of size zero MUST have the root hash of the empty tree."
    if checkpoint.size == 0 && checkpoint.root != empty_root() {
        return refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not the root of no leaves",
        );
    }
    // Consistency with what was cosigned before; equal sizes must have equal roots.
    let held = verify_consistency(
        standing.size,
        &standing.root,
        checkpoint.size,
        &checkpoint.root,
        &request.proof,
    );
    if let Err(error) = held {
        keep(witness, &[&standing.note, body])?;
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, error);
    }
    if witness.options.mode == Mode::Plain {
        let next = Standing {
            size: checkpoint.size,
            root: checkpoint.root,
            frontier: None,
            ..standing.clone()
        };
        return Ok((next, Fresh::default()));
    }
    let replayed = standing.frontier.is_some() && standing.position.size == standing.size;
    if checkpoint.size == standing.size && replayed {
        return Ok((standing.clone(), Fresh::default()));
    }
    let Some(url) = url else {
        return refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "this witness replays, and knows no URL of the log",
        );
    };
    let leaves = fetch::leaves(&witness.client, &url, standing.size, checkpoint.size)
        .await
        .or_else(|why| {
            refuse(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("no leaves: {why}"),
            )
        })?;
    let (this, from) = (Arc::clone(witness), standing.clone());
    let now = crate::clock::now();
    let replayed =
        tokio::task::spawn_blocking(move || replay(&this.store, &from, &leaves, &checkpoint, now))
            .await
            .map_err(broken)?;
    match replayed {
        Ok(replayed) => Ok(replayed),
        Err(error) => {
            keep(witness, &[body])?;
            refuse(StatusCode::UNPROCESSABLE_ENTITY, error)
        }
    }
}

/// Keeps what contradicts: signed by the log, so proof against it.
fn keep(witness: &Witness, parts: &[&[u8]]) -> Result<(), Refusal> {
    let path = witness.store.keep_evidence(parts).map_err(broken)?;
    tracing::warn!(%path, "kept evidence");
    Ok(())
}
