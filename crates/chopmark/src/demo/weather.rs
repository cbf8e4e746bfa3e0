//! The one host that the skill may reach: HTTPS on loopback, under an authority made for this run.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use chopmark_client::durable::{self, Access};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::stage::broken;
use crate::error::CommandError;

/// A running weather service.
#[derive(Debug)]
pub(super) struct Weather {
    port: u16,
    authority: PathBuf,
    seen: Arc<Mutex<Vec<Request>>>,
}

/// A request as the service saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// `GET /v1/today HTTP/1.1`.
    pub(super) line: String,
    /// The value of the `Authorization` header.
    pub(super) authorization: Option<String>,
}

impl Weather {
    /// Starts the service for `localhost`; its authority's certificate is written to `folder`.
    pub(super) fn start(folder: &Path) -> Result<Self, CommandError> {
        let (config, authority_pem) = identity().map_err(|e| broken("make certificates", &e))?;
        let authority = folder.join("weather-authority.pem");
        durable::write(&authority, authority_pem.as_bytes(), Access::Public)?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| broken("open a port", &e))?;
        let port = listener
            .local_addr()
            .map_err(|e| broken("open a port", &e))?
            .port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (config, record) = (Arc::new(config), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (config, record) = (Arc::clone(&config), Arc::clone(&record));
                thread::spawn(move || serve(stream, config, &record));
            }
        });
        Ok(Self {
            port,
            authority,
            seen,
        })
    }

    /// The port on loopback.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of its authority, a PEM file.
    pub(super) fn authority(&self) -> &Path {
        &self.authority
    }

    /// The requests so far.
    pub(super) fn seen(&self) -> Vec<Request> {
        self.seen
            .lock()
            .map(|seen| seen.clone())
            .unwrap_or_default()
    }
}

fn identity() -> Result<(ServerConfig, String), Box<dyn std::error::Error + Send + Sync>> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(
        rcgen::DnType::CommonName,
        "Chopmark demonstration authority",
    );
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::from_params(&authority, &authority_key);
    let key = KeyPair::generate()?;
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &issuer)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok((config, authority_certificate.pem()))
}

/// Answers requests on one connection until the client closes it.
fn serve(stream: TcpStream, config: Arc<ServerConfig>, record: &Mutex<Vec<Request>>) -> Option<()> {
    let connection = ServerConnection::new(config).ok()?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return Some(());
        }
        let mut authorization = None;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).ok()? <= 2 {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("authorization")
            {
                authorization = Some(value.trim().to_owned());
            }
        }
        let line = line.trim_end().to_owned();
        let is_known = authorization.as_deref() == Some(BEARER);
        let (status, body) = match (line.starts_with("GET /v1/"), is_known) {
            (true, true) => ("200 OK", "{\"city\":\"Macau\",\"celsius\":21}\n"),
            (true, false) => ("401 Unauthorized", "{\"error\":\"no token\"}\n"),
            (false, _) => ("404 Not Found", "{\"error\":\"no such place\"}\n"),
        };
        record.lock().ok()?.push(Request {
            line,
            authorization,
        });
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let writer = reader.get_mut();
        writer.write_all(answer.as_bytes()).ok()?;
        writer.flush().ok()?;
    }
}

/// The secret that the host keeps and the skill never sees.
pub(super) const TOKEN: &str = "tok_4c1f0d9be2a74d55";
const BEARER: &str = "Bearer tok_4c1f0d9be2a74d55";
