//! A broker, a server behind it, and the clients in front of it.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use chopmark_core::permission::{
    HostName, Method, NetworkPermission, SecretPermission, SecretTarget,
};
use chopmark_sandbox::broker::{
    BrokerConfig, BrokerHandle, Limits, Placeholder, Resolver, SecretBinding, SecretValue,
    UpstreamRoots, spawn,
};
use chopmark_sandbox::journal::{NetworkEvent, Sink, Stage};
use zeroize::Zeroizing;

use super::origin::Origin;

pub(crate) const SECRET: &str = "tok-9f8e7d6c5b4a39281706";

pub(super) struct World {
    pub(super) origin: Arc<Origin>,
    pub(super) proxy: SocketAddr,
    pub(super) trusted: PathBuf,
    broker: BrokerHandle,
    events: Receiver<NetworkEvent>,
    _folder: tempfile::TempDir,
}

/// What a test changes in an ordinary configuration.
pub(super) struct Setup {
    pub(super) network: Vec<NetworkPermission>,
    pub(super) secrets: Vec<SecretBinding>,
    pub(super) limits: Limits,
    pub(super) open_network: bool,
    pub(super) resolver: Resolver,
}

impl World {
    /// A broker that knows `api.test`, `other.test` and `meta.test`.
    pub(super) fn start(setup: impl FnOnce(&Origin) -> Setup) -> Self {
        let origin = Arc::new(Origin::start());
        Self::start_with(&origin, setup)
    }

    /// The same in front of a server that runs already.
    pub(super) fn start_with(origin: &Arc<Origin>, setup: impl FnOnce(&Origin) -> Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let roots = folder.path().join("origin.pem");
        std::fs::File::create(&roots)
            .unwrap()
            .write_all(origin.ca_pem.as_bytes())
            .unwrap();
        let Setup {
            network,
            secrets,
            limits,
            open_network,
            resolver,
        } = setup(origin);
        let (sink, events) = Sink::channel();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = listener.local_addr().unwrap();
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let config = BrokerConfig {
            network,
            open_network,
            secrets,
            limits,
            upstream_roots: UpstreamRoots::File(roots),
            resolver,
            sink,
            now,
        };
        let broker = spawn(listener, config).unwrap();
        let trusted = folder.path().join("trusted.pem");
        let pem = format!("{}{}", broker.ca_pem(), origin.ca_pem);
        std::fs::File::create(&trusted)
            .unwrap()
            .write_all(pem.as_bytes())
            .unwrap();
        Self {
            origin: Arc::clone(origin),
            proxy,
            trusted,
            broker,
            events,
            _folder: folder,
        }
    }

    pub(super) fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.origin.tls.port())
    }

    pub(super) fn plain_url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.origin.plain.port())
    }

    /// Runs curl through the broker; the last line is `status connect-status`.
    pub(super) fn curl(&self, arguments: &[&str]) -> Fetched {
        let mut command = Command::new("curl");
        command.args([
            "--silent",
            "--show-error",
            "--path-as-is",
            "--max-time",
            "30",
        ]);
        command.arg("--proxy").arg(format!("http://{}", self.proxy));
        command.arg("--cacert").arg(&self.trusted);
        command
            .args(["--write-out", "\n%{http_code} %{http_connect}"])
            .args(arguments);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (body, codes) = text.rsplit_once('\n').unwrap();
        let (status, connect) = codes.split_once(' ').unwrap();
        Fetched {
            status: status.parse().unwrap(),
            connect: connect.parse().unwrap(),
            body: body.to_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a Python program with proxy variables set and the run's certificates trusted.
    pub(super) fn python(&self, program: &str, arguments: &[&str]) -> Output {
        let proxy = format!("http://{}", self.proxy);
        Command::new("python3")
            .args(["-c", program])
            .args(arguments)
            .env("https_proxy", &proxy)
            .env("http_proxy", &proxy)
            .env("no_proxy", "")
            .env("SSL_CERT_FILE", &self.trusted)
            .output()
            .unwrap()
    }

    /// A TLS client that trusts the run's authority and the server's, and offers no protocol.
    pub(super) fn trusting(&self) -> rustls::ClientConfig {
        let mut roots = rustls::RootCertStore::empty();
        let loaded = rustls_native_certs::load_certs_from_paths(Some(&self.trusted), None);
        roots.add_parsable_certificates(loaded.certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// Sends bytes as they are and reads until the broker hangs up.
    pub(super) fn raw(&self, bytes: &[u8]) -> String {
        raw(self.proxy, bytes)
    }

    /// From now on the journal takes nothing.
    pub(super) fn lose_journal(&mut self) {
        self.events = Sink::channel().1;
    }

    /// Stops the broker and gives all that it recorded, checked for the secret.
    pub(super) fn stop(self) -> Vec<NetworkEvent> {
        self.broker.stop().unwrap();
        let events: Vec<_> = self.events.try_iter().collect();
        let shown = format!("{events:?}");
        assert!(!shown.contains(SECRET), "{shown}");
        let count = |stage| events.iter().filter(|event| event.stage == stage).count();
        assert_eq!(count(Stage::Opened), count(Stage::Closed), "{events:#?}");
        assert_eq!(count(Stage::Request), count(Stage::Response), "{events:#?}");
        events
    }

    /// Stops the broker and gives the rules by which it refused.
    pub(super) fn refusals(self) -> Vec<String> {
        let events = self.stop().into_iter();
        events
            .filter(|event| event.stage == Stage::Refused)
            .map(|event| event.rule)
            .collect()
    }
}

#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) status: u16,
    pub(super) connect: u16,
    pub(super) body: String,
    pub(super) errors: String,
}

/// Sends bytes as they are and reads until the other side hangs up.
pub(super) fn raw(to: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

fn look_up(name: &str) -> std::io::Result<Vec<IpAddr>> {
    match name {
        "api.test" | "other.test" => Ok(vec![IpAddr::from([127, 0, 0, 1])]),
        "six.test" => Ok(vec!["::1".parse().unwrap()]),
        "meta.test" => Ok(vec![IpAddr::from([169, 254, 169, 254])]),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    }
}

pub(super) fn setup(network: Vec<NetworkPermission>) -> Setup {
    Setup {
        network,
        secrets: Vec::new(),
        limits: Limits::ordinary(),
        open_network: false,
        resolver: Resolver::new(look_up),
    }
}

/// `host` on `port`, which may be this machine.
pub(crate) fn near(host: &str, port: u16) -> NetworkPermission {
    far(host, port).with_private_addresses()
}

/// `host` on `port`, which may not be this machine.
pub(super) fn far(host: &str, port: u16) -> NetworkPermission {
    NetworkPermission::new(host.parse::<HostName>().unwrap(), port).unwrap()
}

/// Only GET under `/v1/`.
pub(crate) fn narrow(permission: NetworkPermission) -> NetworkPermission {
    permission
        .with_methods(vec![Method::Get])
        .unwrap()
        .with_path_prefix("/v1/".parse().unwrap())
}

pub(crate) fn placeholder() -> Placeholder {
    Placeholder::from_random([0x5a; 16])
}

/// `TOKEN` as a bearer token for GET under `/v1/` at `host`.
pub(crate) fn token(host: &str, port: u16) -> SecretBinding {
    let target = SecretTarget::new("Authorization".parse().unwrap(), "Bearer {secret}").unwrap();
    let permission = SecretPermission::new(
        "TOKEN".parse().unwrap(),
        host.parse().unwrap(),
        port,
        target,
    )
    .unwrap()
    .with_methods(vec![Method::Get])
    .unwrap()
    .with_path_prefix("/v1/".parse().unwrap());
    let value = SecretValue::new(Zeroizing::new(SECRET.as_bytes().to_vec())).unwrap();
    SecretBinding {
        permission,
        placeholder: placeholder(),
        value,
    }
}
