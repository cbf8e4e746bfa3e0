//! One request and its answer: screened, recorded, sent, masked.

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::ext::ReasonPhrase;
use hyper::header::{
    ALT_SVC, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use hyper::http::request;
use hyper::{Request, Response, StatusCode, Uri, Version};

use super::body::{RequestBody, ResponseBody};
use super::policy::Target;
use super::recorder::{Exchange, Known, Link};
use super::redact::{Patterns, Redactor};
use super::refusal::Refusal;
use super::screen::{Scheme, Screened, screen, strip_hop_by_hop};
use super::session::Session;
use super::upstream::Upstream;

/// Serves one request that the broker can read; a refusal is recorded and becomes the answer.
pub(super) async fn serve(
    request: Request<Incoming>,
    scheme: Scheme,
    target: &Target,
    upstream: &mut Upstream,
    session: &Session,
) -> Response<ResponseBody> {
    let (head, body) = request.into_parts();
    let authority = upstream.authority.clone();
    let mut connection = 0;
    match run(
        &head,
        body,
        scheme,
        target,
        upstream,
        session,
        &mut connection,
    )
    .await
    {
        Ok(response) => response,
        Err(refusal) => {
            let known = Known {
                authority: Some(&authority),
                sni: None,
                method: Some(head.method.as_str()),
                path: Some(head.uri.path()),
                opened: scheme == Scheme::Https,
                connection,
            };
            session.refuse(&refusal, &known)
        }
    }
}

async fn run(
    head: &request::Parts,
    body: Incoming,
    scheme: Scheme,
    target: &Target,
    upstream: &mut Upstream,
    session: &Session,
    connection: &mut u64,
) -> Result<Response<ResponseBody>, Refusal> {
    let shared = &session.shared;
    let screened = screen(
        head,
        scheme,
        &upstream.authority,
        target,
        shared.policy.secrets(),
    )?;
    if body.size_hint().lower() > shared.limits.request_bytes {
        return Err(Refusal::RequestTooLarge);
    }
    let means = session.means();
    let link = upstream.ready(&means).await?;
    *connection = link.number();
    let (request, mut exchange) = outgoing(head, body, screened, link, session)?;
    session.activity.touch();
    let response = upstream.send(request, &means).await?;
    exchange.answered(response.status().as_u16());
    let host = upstream.authority.host.to_string();
    let patterns = (!target.secrets.is_empty()).then(|| Arc::clone(&shared.patterns));
    incoming(
        response,
        exchange,
        patterns,
        shared.limits.response_bytes,
        host,
    )
}

fn outgoing(
    head: &request::Parts,
    body: Incoming,
    screened: Screened,
    link: &Link,
    session: &Session,
) -> Result<(Request<RequestBody>, Exchange), Refusal> {
    let exchange = link.request(head.method.as_str(), head.uri.path(), screened.secrets)?;
    let body = RequestBody::new(body, session.shared.limits.request_bytes, exchange.sent());
    let uri = Uri::try_from(screened.target).map_err(|_| Refusal::RequestMalformed)?;
    let mut request = Request::new(body);
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = screened.headers;
    Ok((request, exchange))
}

/// Makes the answer for the skill; where a secret may go, values are masked in every part of it.
fn incoming(
    response: Response<Incoming>,
    exchange: Exchange,
    patterns: Option<Arc<Patterns>>,
    limit: u64,
    host: String,
) -> Result<Response<ResponseBody>, Refusal> {
    let (head, body) = response.into_parts();
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Refusal::UpstreamProtocol(host));
    }
    let mut headers = head.headers;
    strip_hop_by_hop(&mut headers);
    headers.remove(ALT_SVC);
    let mut redactor = None;
    if let Some(patterns) = patterns {
        let encoding = headers.get(CONTENT_ENCODING);
        if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Refusal::ResponseEncoded(host));
        }
        headers = masked(headers, &patterns);
        redactor = Some(Redactor::new(patterns));
    }
    // A new response: reason phrase and extensions of the server's are not passed on.
    let mut passed = Response::new(ResponseBody::passed(body, limit, redactor, exchange));
    *passed.status_mut() = head.status;
    *passed.headers_mut() = headers;
    Ok(passed)
}

fn masked(headers: HeaderMap, patterns: &Patterns) -> HeaderMap {
    let mut masked = HeaderMap::with_capacity(headers.len());
    let mut last: Option<HeaderName> = None;
    for (name, value) in headers {
        if name.is_some() {
            last = name;
        }
        let Some(name) = &last else { continue };
        if patterns.occurs_in_any_case(name.as_str()) {
            continue;
        }
        let mut bytes = value.as_bytes().to_vec();
        patterns.mask(&mut bytes);
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            masked.append(name, value);
        }
    }
    masked
}

/// An answer of the broker's own: one line of text that names the rule, also as the reason phrase,
/// since clients show that of a refused `CONNECT` and hide the body.
pub(super) fn answer(status: StatusCode, message: &str) -> Response<ResponseBody> {
    let text = format!("chopmark: {message}");
    let body = ResponseBody::Own(Full::new(Bytes::from(format!("{text}\n"))));
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if let Ok(phrase) = ReasonPhrase::try_from(text) {
        response.extensions_mut().insert(phrase);
    }
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
