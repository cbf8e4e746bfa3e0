//! The write path: one signed record and its files in one request.

use std::sync::Arc;

use axum::{
    extract::{Multipart, State, multipart::MultipartRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chopmark_core::{
    record::{Kind, Record},
    rules::RuleError,
    state::{LogState, StateError},
};
use serde_json::json;
use tokio::sync::{mpsc::error::TrySendError, oneshot};

use super::{
    Registry,
    sequencer::{Placed, Refused, Submission},
    upload::{self, Incoming, Parts},
};
use crate::problem::Problem;

/// `POST /api/v1/records`.
///
/// Idempotent: a record that is in the log is answered with its place and a proof under the
/// newest public checkpoint.
pub(super) async fn submit(
    State(registry): State<Arc<Registry>>,
    parts: Result<Multipart, MultipartRejection>,
) -> Response {
    match place(&registry, parts).await {
        Ok((record, placed)) => {
            let body = json!({
                "schema": "https://chopmark.dev/schema/published/v1",
                "origin": registry.origin,
                "charter": registry.charter.to_hex(),
                "index": placed.index,
                "statementId": record.id().to_hex(),
                "checkpoint": String::from_utf8_lossy(&placed.proof.checkpoint),
                "proof": placed.proof.to_string(),
            });
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (StatusCode::OK, headers, body.to_string()).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn place(
    registry: &Arc<Registry>,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<(Record, Placed), Problem> {
    let _place = registry
        .uploads
        .try_acquire()
        .map_err(|_| busy("too many requests are being received"))?;
    let mut parts = parts.map_err(|e| Problem::new(e.status(), "request-parts", e.body_text()))?;
    let record = upload::record(&mut parts).await?;
    if matches!(record.kind(), Kind::State | Kind::Charter) {
        let why = "state leaves and charters come from the registry itself";
        return Err(Problem::new(StatusCode::FORBIDDEN, "record-kind", why).blame("author"));
    }
    let record = judge_early(registry, record).await?;
    let incoming = Incoming::new(&registry.incoming).map_err(|e| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "log-storage", e).blame("registry")
    })?;
    let rest = Parts::read(&mut parts, &record, &incoming).await?;
    let disk = registry.disk.clone();
    // The files are durable before the record that names them is queued.
    let record = tokio::task::spawn_blocking(move || {
        rest.store(&disk, &record)?;
        drop(incoming);
        Ok::<_, Problem>(record)
    })
    .await
    .map_err(|e| broken(&e))??;

    let (answer, placed) = oneshot::channel();
    let submission = Submission {
        record: record.clone(),
        answer,
    };
    registry.queue.try_send(submission).map_err(|e| match e {
        TrySendError::Full(_) => busy("too many records wait for the sequencer"),
        TrySendError::Closed(_) => broken(&"the sequencer has ended"),
    })?;
    match placed.await.map_err(|e| broken(&e))? {
        Ok(placed) => Ok((record, placed)),
        Err(Refused::Rule(error)) => Err(refused(&error)),
        Err(Refused::Quorum(why)) => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "witness-quorum",
            format!(
                "the record is in the log and not public yet: too few witnesses cosigned ({why})"
            ),
        )
        .blame("witness")),
        Err(Refused::Log(error)) => Err(broken(&error)),
    }
}

/// Judges against the log as it stands, so that nobody uploads what will be refused. The
/// sequencer judges again.
async fn judge_early(registry: &Arc<Registry>, record: Record) -> Result<Record, Problem> {
    let (disk, origin) = (registry.disk.clone(), registry.origin.clone());
    let position = *registry.position.borrow();
    tokio::task::spawn_blocking(move || {
        match LogState::resume(&origin, disk, position).judge(&record) {
            Ok(_) | Err(StateError::Rule(RuleError::Duplicate { .. })) => Ok(record),
            Err(StateError::Rule(error)) => Err(refused(&error)),
            Err(error) => Err(broken(&error)),
        }
    })
    .await
    .map_err(|e| broken(&e))?
}

fn refused(error: &RuleError) -> Problem {
    let status = if matches!(error, RuleError::Upgrade { .. }) {
        StatusCode::NOT_IMPLEMENTED
    } else {
        StatusCode::CONFLICT
    };
    Problem::new(status, error.code(), error).blame(error.blame().as_str())
}

fn busy(why: &str) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", why)
}

fn broken(error: &dyn std::fmt::Display) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "registry-failed", error).blame("registry")
}
