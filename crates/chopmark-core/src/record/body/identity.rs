//! What the events of an identity say: its keys, who may rotate them, its end and its name.

use std::collections::BTreeSet;

use crate::{
    digest::{Commitment, KeyDigest, StatementId},
    key::{PublicKey, Role},
    name::Name,
};

/// A key with what it may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleKey {
    /// The key.
    pub key: PublicKey,
    /// At least one role.
    pub roles: BTreeSet<Role>,
}

/// The keys that may rotate an identity next, by digest only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextKeys {
    /// Digests of the next keys, at least one, distinct, ascending.
    pub keys: BTreeSet<KeyDigest>,
    /// How many of them must sign; 1 to their number.
    pub threshold: u64,
}

/// Keys in force and committed, as an inception or a rotation sets them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    /// The keys in force, ascending by key bytes, distinct; 1 to 16.
    pub keys: Vec<RoleKey>,
    /// How many keys with the needed role must sign a record; at least 1.
    pub threshold: u64,
    /// Who may rotate next.
    pub next: NextKeys,
    /// After how many days its owner means to rotate; 0 for never.
    pub rotation_days: u64,
}

/// The first event of an identity; its statement id is the identity's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inception {
    /// The first keys.
    pub keys: KeySet,
    /// SHA-256 commitment to a name that a later [`Claim`] reveals.
    pub name: Option<Commitment>,
}

/// New keys for an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotate {
    /// 1 for the event after the inception, and so on.
    pub seq: u64,
    /// The identity's event before this one.
    pub previous: StatementId,
    /// The keys from here on; each was committed to by the event before.
    pub keys: KeySet,
}

/// The end of an identity, signed by the keys that it committed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retire {
    /// As in [`Rotate`].
    pub seq: u64,
    /// As in [`Rotate`].
    pub previous: StatementId,
    /// The committed keys, revealed; ascending, distinct.
    pub keys: Vec<PublicKey>,
}

/// The reveal of a committed name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The name.
    pub name: Name,
    /// The 32 random bytes of the commitment.
    pub salt: [u8; 32],
}
