//! Receipts: a decision as an in-toto statement, with all that is needed to make it again.
//!
//! The predicate holds what a SLSA Verification Summary holds and more. The client signs the
//! payload with the host's key and makes it durable before any effect.
//!
//! Spec: docs/spec/receipt.md.

use thiserror::Error;

use crate::{
    admit::{Admission, Decision, admit},
    digest::{
        BlobDigest, ContentDigest, GrantDigest, KeyDigest, PolicyDigest, ResultDigest, RootsDigest,
        StatementId,
    },
    evidence::{Bundle, BundleError, EvidenceError, FirstContact, Query, Reach, collect},
    json::{self, JsonError},
    kernel::{Request, Rescan},
    permission::{Manifest, ManifestError},
    policy::Policy,
    requirement::{Confinement, Lineage},
    roots::Roots,
};

pub use predicate::payload;

mod predicate;
mod wire;

/// On whose word permissions were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConsentClass {
    /// Nothing was asked of a person: no permission grew, or the decision was a refusal.
    None,
    /// A terminal of the same user: anything that the user's programs could also type.
    TerminalUnattested,
    /// A touched hardware key, or a daemon under another user.
    Presence,
}

impl ConsentClass {
    /// Returns the word used in receipts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::TerminalUnattested => "terminal-unattested",
            Self::Presence => "presence",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::None, Self::TerminalUnattested, Self::Presence]
            .into_iter()
            .find(|class| class.as_str() == word)
    }
}

/// What surrounds a decision and is not computed from its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// The host's key.
    pub host: KeyDigest,
    /// What was asked for.
    pub query: Query,
    /// Digest of the evidence bundle.
    pub bundle: BlobDigest,
    /// On whose word permissions were given.
    pub consent: ConsentClass,
    /// What is granted, when it was admitted.
    pub grant: Option<GrantDigest>,
    /// The SHA-256 of the receipt before this one.
    pub previous: Option<BlobDigest>,
}

/// A receipt's payload, read again.
#[derive(Clone, Debug)]
pub struct Receipt {
    wire: wire::Receipt,
    bytes: Vec<u8>,
}

impl Receipt {
    /// Reads a payload in its one spelling. Who signed it is the caller's to check.
    ///
    /// # Errors
    ///
    /// [`ReceiptError::Json`] for anything else.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let wire: wire::Receipt = json::from_canonical(bytes)?;
        if wire.predicate_type != wire::PREDICATE_TYPE {
            return Err(ReceiptError::Field("predicateType"));
        }
        Ok(Self {
            wire,
            bytes: bytes.to_vec(),
        })
    }

    /// Returns the payload's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns digests of what a replay needs: evidence bundle, roots file, policy.
    ///
    /// # Errors
    ///
    /// [`ReceiptError::Field`] when one is no digest.
    pub fn needs(&self) -> Result<(BlobDigest, RootsDigest, PolicyDigest), ReceiptError> {
        let p = &self.wire.predicate;
        Ok((
            p.evidence
                .parse()
                .map_err(|_| ReceiptError::Field("evidence"))?,
            p.roots.parse().map_err(|_| ReceiptError::Field("roots"))?,
            p.policy
                .parse()
                .map_err(|_| ReceiptError::Field("policy"))?,
        ))
    }

    /// Tells whether it admitted.
    pub fn passed(&self) -> bool {
        self.wire.predicate.verification_result == "PASSED"
    }

    /// Returns the subject's name, `@publisher/skill@version`.
    pub fn subject(&self) -> &str {
        self.wire
            .subject
            .first()
            .map_or("", |subject| subject.name.as_str())
    }

    /// Returns the content that it is about.
    pub fn content(&self) -> Option<ContentDigest> {
        self.wire
            .subject
            .first()?
            .digest
            .get("sha256")?
            .parse()
            .ok()
    }

    /// Returns the origin of the log that it rests on.
    pub fn origin(&self) -> &str {
        &self.wire.predicate.origin
    }

    /// Tells the decision in words, a line each.
    pub fn explain(&self) -> Vec<String> {
        let p = &self.wire.predicate;
        let mut lines = vec![match &p.refusal {
            None => format!("{} was admitted", self.subject()),
            Some(refusal) => format!("{} was refused: {}", self.subject(), refusal.message),
        }];
        let level = p.verified_levels.first().map_or("none", String::as_str);
        let required = p.required.as_deref().unwrap_or("unknown");
        lines.push(format!("level: has {level}, needs {required}"));
        lines.extend(
            p.asks
                .iter()
                .map(|(words, need)| format!("  {need}  {words}")),
        );
        for (what, paths) in [("human audit", &p.human_paths), ("scan", &p.scan_paths)] {
            for path in paths {
                lines.push(format!(
                    "{what} counted: your root {}",
                    path.join(" vouches for ")
                ));
            }
        }
        for (id, cause) in &p.statements {
            if let Some(cause) = cause {
                lines.push(format!("not counted: {id} ({cause})"));
            }
        }
        lines.extend(
            p.missing
                .iter()
                .map(|what| format!("for the next level: {what}")),
        );
        lines.push(format!(
            "log: {} at size {}, cosigned by {} (witnesses' time {})",
            p.origin,
            p.checkpoint_size,
            if p.cosigners.is_empty() {
                "nobody: UNWITNESSED".to_owned()
            } else {
                p.cosigners.join(", ")
            },
            p.witness_time
        ));
        lines.push(format!("score {}, relative to roots {}", p.score, p.roots));
        lines.push(format!(
            "policy {}, rules: {}",
            p.policy,
            p.rules.join(", ")
        ));
        lines.push(format!("consent: {}", p.consent));
        lines
    }

    /// Makes the decision again from the recorded evidence and compares byte for byte.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`]: an input is another than the receipt names, or the bytes differ.
    pub fn replay(
        &self,
        bundle: &[u8],
        contact: &FirstContact,
        roots: &Roots,
        policy: &dyn Policy,
    ) -> Result<Decision, ReceiptError> {
        let p = &self.wire.predicate;
        let (evidence_digest, roots_digest, policy_digest) = self.needs()?;
        if BlobDigest::of(bundle) != evidence_digest {
            return Err(ReceiptError::OtherInput("evidence"));
        }
        if roots.digest() != roots_digest {
            return Err(ReceiptError::OtherInput("roots"));
        }
        if policy.digest() != policy_digest {
            return Err(ReceiptError::OtherInput("policy"));
        }
        let query = self.query()?;
        let request = self.request()?;
        let bundle = Bundle::parse(bundle)?;
        let evidence = collect(&bundle, contact, &reach(roots), &query)?;
        let decision = admit(&evidence, roots, policy, &request);
        let around = Surroundings {
            host: p
                .verifier
                .id
                .parse()
                .map_err(|_| ReceiptError::Field("verifier"))?,
            query,
            bundle: evidence_digest,
            consent: ConsentClass::from_word(&p.consent).ok_or(ReceiptError::Field("consent"))?,
            grant: optional(p.grant.as_ref(), "grant")?,
            previous: optional(p.previous.as_ref(), "previous")?,
        };
        let again = payload(&evidence, roots, policy, &request, &decision, &around)?;
        if again != self.bytes {
            let at = again
                .iter()
                .zip(&self.bytes)
                .take_while(|(a, b)| a == b)
                .count();
            return Err(ReceiptError::Differs { at });
        }
        Ok(decision)
    }

    fn query(&self) -> Result<Query, ReceiptError> {
        let p = &self.wire.predicate;
        let (publisher, skill) = p
            .resource_uri
            .strip_prefix('@')
            .and_then(|rest| rest.split_once('/'))
            .ok_or(ReceiptError::Field("resourceUri"))?;
        Ok(Query {
            publisher: publisher
                .parse()
                .map_err(|_| ReceiptError::Field("resourceUri"))?,
            skill: skill
                .parse()
                .map_err(|_| ReceiptError::Field("resourceUri"))?,
            version: p
                .query_version
                .as_ref()
                .map(|v| v.parse().map_err(|_| ReceiptError::Field("queryVersion")))
                .transpose()?,
        })
    }

    fn request(&self) -> Result<Request, ReceiptError> {
        let r = &self.wire.predicate.request;
        let rescan = match &r.rescan {
            None => None,
            Some(rescan) => Some(Rescan {
                result: rescan
                    .result
                    .parse::<ResultDigest>()
                    .map_err(|_| ReceiptError::Field("rescan"))?,
                high: rescan.high,
            }),
        };
        Ok(Request {
            manifest: Manifest::parse(&r.permissions)?,
            files: r.files,
            confinement: r.hook.clone().map_or(Confinement::None, Confinement::Hook),
            lineage: Lineage {
                new_publisher_key: r.new_publisher_key,
                weaker_provenance: r.weaker_provenance,
                growth: r.growth,
                close_name: r.close_name.clone(),
            },
            rescan,
            clock: self.wire.predicate.time_verified,
            max_age: r.max_age,
        })
    }
}

/// How far evidence is collected for these roots.
///
/// The walk also starts from every identity that the roots file merges into an organisation: a
/// root's veto counts whichever of its identities signed it.
pub fn reach(roots: &Roots) -> Reach {
    Reach {
        roots: roots.identities().into_iter().collect(),
        max_depth: 8,
        max_organisations: 1024,
    }
}

/// Returns the release that an admission is for, to tie it to its receipt.
pub fn admitted_release(admission: &Admission) -> Option<StatementId> {
    match admission {
        Admission::Signed(signed) => Some(signed.release()),
        Admission::Unsigned(_) => None,
    }
}

fn optional<T: std::str::FromStr>(
    text: Option<&String>,
    field: &'static str,
) -> Result<Option<T>, ReceiptError> {
    text.map(|t| t.parse().map_err(|_| ReceiptError::Field(field)))
        .transpose()
}

/// Why a receipt cannot be read or replayed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum ReceiptError {
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("the receipt's `{0}` is malformed")]
    Field(&'static str),
    #[error("the {0} given is not what the receipt names")]
    OtherInput(&'static str),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("the decision made again differs from byte {at} on")]
    Differs { at: usize },
}

impl ReceiptError {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::Field(_) => "receipt-malformed",
            Self::OtherInput(_) => "receipt-other-input",
            Self::Bundle(_) => "evidence-malformed",
            Self::Evidence(error) => error.code(),
            Self::Manifest(error) => error.code(),
            Self::Differs { .. } => "receipt-differs",
        }
    }
}
