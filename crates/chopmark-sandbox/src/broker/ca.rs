//! A certificate authority that lives for one run, and only until the run begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::authority::Host;

/// The certificate that the sandbox trusts, and a TLS identity for each host that is opened.
///
/// All leaves are signed when this is made, and the authority's key is dropped then: nobody can
/// ask it for a further one, the broker included.
pub(super) struct RunAuthority {
    pub(super) pem: String,
    identities: BTreeMap<Host, Arc<ServerConfig>>,
}

/// The run's certificates could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// Key or certificate generation failed.
    #[error("making the certificates of the run failed")]
    Generate(#[from] rcgen::Error),
    /// TLS refused the certificates.
    #[error("TLS refused the certificates of the run")]
    Tls(#[from] rustls::Error),
    /// `now` is no time that a certificate can carry.
    #[error("the time is out of range")]
    Time,
}

impl RunAuthority {
    /// Makes an authority and one leaf for each host, valid from an hour before `now`, in seconds
    /// since the Unix epoch, for a week.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`]; nothing remains.
    pub(super) fn new<'a>(
        hosts: impl IntoIterator<Item = &'a Host>,
        now: u64,
    ) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = params(Vec::new(), now)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "Chopmark broker of one run");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        let leaf_key = KeyPair::generate()?;
        let mut identities = BTreeMap::new();
        for host in hosts {
            identities.insert(
                host.clone(),
                Arc::new(identity(host, now, &leaf_key, &issuer)?),
            );
        }
        Ok(Self { pem, identities })
    }

    /// The TLS identity for a host that is opened.
    pub(super) fn identity(&self, host: &Host) -> Option<Arc<ServerConfig>> {
        self.identities.get(host).map(Arc::clone)
    }
}

fn identity(
    host: &Host,
    now: u64,
    key: &KeyPair,
    issuer: &Issuer<'_, KeyPair>,
) -> Result<ServerConfig, AuthorityError> {
    let name = match host {
        Host::Name(name) => name.clone(),
        Host::Address(address) => address.to_string(),
    };
    let mut params = params(vec![name], now)?;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.signed_by(key, issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(config)
}

fn params(names: Vec<String>, now: u64) -> Result<CertificateParams, AuthorityError> {
    let seconds = i64::try_from(now).map_err(|_| AuthorityError::Time)?;
    let now = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| AuthorityError::Time)?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = now
        .checked_sub(Duration::hours(1))
        .ok_or(AuthorityError::Time)?;
    params.not_after = now
        .checked_add(Duration::weeks(1))
        .ok_or(AuthorityError::Time)?;
    Ok(params)
}

/// The only protocol spoken inside opened TLS.
pub(super) const HTTP_1_1: &[u8] = b"http/1.1";
