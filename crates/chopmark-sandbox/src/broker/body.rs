//! Bodies on their way through: counted, bounded, and on the way back masked.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use thiserror::Error;

use super::recorder::Exchange;
use super::redact::Redactor;

/// Why a body was cut short.
#[derive(Debug, Error)]
pub(super) enum BodyError {
    #[error("the body is larger than allowed")]
    TooLarge,
    #[error("the body ended early")]
    Broken(#[from] hyper::Error),
}

/// A request body from the skill.
pub(super) struct RequestBody {
    body: Incoming,
    left: u64,
    counted: Arc<AtomicU64>,
}

impl RequestBody {
    /// Lets at most `limit` bytes through and counts them.
    pub(super) fn new(body: Incoming, limit: u64, counted: Arc<AtomicU64>) -> Self {
        Self {
            body,
            left: limit,
            counted,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Poll::Ready(next) = Pin::new(&mut self.body).poll_frame(cx) else {
            return Poll::Pending;
        };
        let Some(frame) = next else {
            return Poll::Ready(None);
        };
        // A trailer could carry a placeholder or more; servers have no need of one.
        let data = match frame.map(Frame::into_data) {
            Ok(Ok(data)) => data,
            Ok(Err(_)) => return Poll::Ready(None),
            Err(error) => return Poll::Ready(Some(Err(error.into()))),
        };
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        let Some(left) = self.left.checked_sub(length) else {
            return Poll::Ready(Some(Err(BodyError::TooLarge)));
        };
        self.left = left;
        self.counted.fetch_add(length, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What the broker answers with: a server's body, or a line of its own.
pub(super) enum ResponseBody {
    /// A server's.
    Passed(Box<PassedBody>),
    /// The broker's.
    Own(Full<Bytes>),
}

/// A response body from a server.
pub(super) struct PassedBody {
    body: Incoming,
    left: u64,
    redactor: Option<Redactor>,
    ended: bool,
    exchange: Exchange,
}

impl ResponseBody {
    /// Lets at most `limit` bytes through, masks secrets, and records the end.
    pub(super) fn passed(
        body: Incoming,
        limit: u64,
        redactor: Option<Redactor>,
        exchange: Exchange,
    ) -> Self {
        Self::Passed(Box::new(PassedBody {
            body,
            left: limit,
            redactor,
            ended: false,
            exchange,
        }))
    }
}

impl PassedBody {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        while !self.ended {
            let Poll::Ready(next) = Pin::new(&mut self.body).poll_frame(cx) else {
                return Poll::Pending;
            };
            let data = match next.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => data,
                // The end, or trailers, which end the body too and are not passed on.
                None | Some(Ok(Err(_))) => {
                    self.ended = true;
                    let rest = self
                        .redactor
                        .as_mut()
                        .map(Redactor::finish)
                        .unwrap_or_default();
                    return Poll::Ready((!rest.is_empty()).then_some(Ok(rest)));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            };
            let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
            let Some(left) = self.left.checked_sub(length) else {
                return Poll::Ready(Some(Err(BodyError::TooLarge)));
            };
            self.left = left;
            self.exchange.received(length);
            let data = match &mut self.redactor {
                Some(redactor) => redactor.push(data),
                None => data,
            };
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(data)));
            }
        }
        Poll::Ready(None)
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Passed(passed) => passed
                .poll(cx)
                .map(|next| next.map(|data| data.map(Frame::data))),
            Self::Own(text) => Pin::new(text)
                .poll_frame(cx)
                .map(|next| next.map(|frame| frame.map_err(|never| match never {}))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            // Held-back bytes may follow the server's last frame.
            Self::Passed(passed) => {
                passed.ended || passed.redactor.is_none() && passed.body.is_end_stream()
            }
            Self::Own(text) => text.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            // Masking keeps lengths, but not while bytes are held back.
            Self::Passed(passed) if passed.redactor.is_none() => passed.body.size_hint(),
            Self::Passed(_) => SizeHint::default(),
            Self::Own(text) => text.size_hint(),
        }
    }
}
