//! SHA-256 digests, typed by what they are a digest of.
//!
//! A digest of a file and a digest of a tree manifest are both 32 bytes, yet one must never stand
//! in for the other, so each has a type of its own. Text form: 64 lower-case hexadecimal digits.
//!
//! Spec: docs/spec/package.md §1.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use sha2::Digest as _;

/// Bytes in a SHA-256 digest.
pub const DIGEST_BYTES: usize = 32;

/// A SHA-256 digest of something of kind `K`.
pub struct Digest<K> {
    bytes: [u8; DIGEST_BYTES],
    kind: PhantomData<fn() -> K>,
}

/// Digest of a tree manifest's bytes: the identity of a package.
pub type ContentDigest = Digest<Content>;
/// Digest of one file's bytes.
pub type BlobDigest = Digest<Blob>;
/// Digest of a DSSE payload: the identity of a statement.
pub type StatementId = Digest<StatementKind>;
/// Digest of an inception's payload: the identity of whoever signs.
pub type IdentityId = Digest<IdentityKind>;
/// Digest of a scan's reproducible result.
pub type ResultDigest = Digest<ScanResult>;
/// Digest of a scanner's rule pack.
pub type RulePackDigest = Digest<RulePack>;
/// Digest of a host's policy set.
pub type PolicyDigest = Digest<PolicySet>;
/// Digest of a host's roots.
pub type RootsDigest = Digest<RootSet>;
/// Digest of a permission manifest in canonical form.
pub type PermissionsDigest = Digest<Permissions>;
/// Digest of a grant in canonical form.
pub type GrantDigest = Digest<Granted>;
/// Digest of a public key's bytes.
pub type KeyDigest = Digest<PublicKey>;
/// Hash of a node of the Merkle map.
pub type NodeHash = Digest<MapNode>;
/// Commitment to a name that a later claim reveals.
pub type Commitment = Digest<NameCommitment>;
/// Digest of a scanner's configuration.
pub type ConfigDigest = Digest<ScanConfig>;
/// Digest of the specification of a rules version.
pub type SpecificationDigest = Digest<Specification>;
/// RFC 6962 hash of one leaf.
pub type LeafHash = Digest<TreeLeaf>;
/// RFC 6962 hash of a tree or subtree.
pub type TreeHash = Digest<TreeNode>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])* #[derive(Debug, Clone, Copy)] pub enum $name {})*
    };
}

kinds! {
    /// Kind of [`ContentDigest`].
    Content,
    /// Kind of [`BlobDigest`].
    Blob,
    /// Kind of [`StatementId`].
    StatementKind,
    /// Kind of [`IdentityId`].
    IdentityKind,
    /// Kind of [`ResultDigest`].
    ScanResult,
    /// Kind of [`RulePackDigest`].
    RulePack,
    /// Kind of [`PolicyDigest`].
    PolicySet,
    /// Kind of [`RootsDigest`].
    RootSet,
    /// Kind of [`PermissionsDigest`].
    Permissions,
    /// Kind of [`GrantDigest`].
    Granted,
    /// Kind of [`KeyDigest`].
    PublicKey,
    /// Kind of [`NodeHash`].
    MapNode,
    /// Kind of [`Commitment`].
    NameCommitment,
    /// Kind of [`ConfigDigest`].
    ScanConfig,
    /// Kind of [`SpecificationDigest`].
    Specification,
    /// Kind of [`LeafHash`].
    TreeLeaf,
    /// Kind of [`TreeHash`].
    TreeNode,
}

/// Computes SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; DIGEST_BYTES] {
    sha2::Sha256::digest(bytes).into()
}

/// Writes `bytes` as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Why a text is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestError {
    /// Not exactly 64 bytes of text.
    #[error("a digest is 64 hexadecimal digits, this has {length} bytes")]
    Length {
        /// Length found, in bytes.
        length: usize,
    },
    /// Something other than `0`–`9` and `a`–`f`.
    #[error("a digest is written in lower-case hexadecimal digits")]
    Digit,
}

impl DigestError {
    /// Stable code of the refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "digest-malformed"
    }
}

impl<K> Digest<K> {
    /// Takes 32 bytes that are already a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; DIGEST_BYTES]) -> Self {
        Self {
            bytes,
            kind: PhantomData,
        }
    }

    /// Digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_bytes(sha256(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; DIGEST_BYTES] {
        &self.bytes
    }

    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(&self.bytes)
    }
}

impl<K> FromStr for Digest<K> {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digits = text.as_bytes();
        if digits.len() != DIGEST_BYTES * 2 {
            return Err(DigestError::Length {
                length: digits.len(),
            });
        }
        let mut bytes = [0; DIGEST_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let &[high, low] = pair else {
                return Err(DigestError::Digit);
            };
            *byte = (nibble(high)? << 4) | nibble(low)?;
        }
        Ok(Self::from_bytes(bytes))
    }
}

fn nibble(digit: u8) -> Result<u8, DigestError> {
    match digit {
        b'0'..=b'9' => Ok(digit.wrapping_sub(b'0')),
        b'a'..=b'f' => Ok(digit.wrapping_sub(b'a').wrapping_add(10)),
        _ => Err(DigestError::Digit),
    }
}

impl<K> fmt::Display for Digest<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_hex())
    }
}

impl<K> fmt::Debug for Digest<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl<K> Clone for Digest<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Digest<K> {}

impl<K> PartialEq for Digest<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<K> Eq for Digest<K> {}

impl<K> PartialOrd for Digest<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Digest<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl<K> Hash for Digest<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

#[cfg(test)]
mod tests;
