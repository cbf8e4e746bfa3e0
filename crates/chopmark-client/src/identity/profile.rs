//! What this host keeps, in the clear, about an identity that it began.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chopmark_core::digest::IdentityId;
use chopmark_core::name::Name;
use serde::{Deserialize, Serialize};

use super::IdentityError;
use crate::durable::{self, Access};
use crate::keys::{KeyStore, Label};

/// An identity's public side on this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The log that it is registered in.
    pub origin: String,
    /// Its name there.
    pub name: Name,
    /// The random bytes of the commitment to the name.
    pub salt: [u8; 32],
    /// After how many days its owner means to rotate.
    pub rotation_days: u64,
    /// Its id, once the inception was signed.
    pub identity: Option<IdentityId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    schema: String,
    origin: String,
    name: String,
    salt: String,
    rotation_days: u64,
    identity: Option<String>,
}

impl Profile {
    /// Reads what is kept about `label`.
    ///
    /// # Errors
    ///
    /// [`IdentityError`].
    pub fn read(store: &KeyStore, label: &Label) -> Result<Option<Self>, IdentityError> {
        let path = store.public_file(label);
        let Some(bytes) = durable::read(&path, MAX_BYTES)? else {
            return Ok(None);
        };
        let parsed = serde_json::from_slice::<Wire>(&bytes)
            .ok()
            .and_then(Self::from_wire);
        parsed.map(Some).ok_or(IdentityError::Damaged(path))
    }

    pub(super) fn begin(
        store: &KeyStore,
        label: &Label,
        origin: &str,
        name: &Name,
        salt: [u8; 32],
        rotation_days: u64,
    ) -> Result<Self, IdentityError> {
        let (origin, name) = (origin.to_owned(), name.clone());
        let profile = Self {
            origin,
            name,
            salt,
            rotation_days,
            identity: None,
        };
        profile.write(store, label)?;
        Ok(profile)
    }

    pub(super) fn write(&self, store: &KeyStore, label: &Label) -> Result<(), IdentityError> {
        let wire = Wire {
            schema: SCHEMA.to_owned(),
            origin: self.origin.clone(),
            name: self.name.to_string(),
            salt: STANDARD.encode(self.salt),
            rotation_days: self.rotation_days,
            identity: self.identity.map(|id| id.to_hex()),
        };
        let bytes = serde_json::to_vec(&wire).unwrap_or_default();
        Ok(durable::write(
            &store.public_file(label),
            &bytes,
            Access::Private,
        )?)
    }

    fn from_wire(wire: Wire) -> Option<Self> {
        if wire.schema != SCHEMA {
            return None;
        }
        Some(Self {
            origin: wire.origin,
            name: wire.name.parse().ok()?,
            salt: STANDARD.decode(wire.salt).ok()?.try_into().ok()?,
            rotation_days: wire.rotation_days,
            identity: match wire.identity {
                Some(id) => Some(id.parse().ok()?),
                None => None,
            },
        })
    }
}

const SCHEMA: &str = "https://chopmark.dev/schema/identity/v1";
const MAX_BYTES: u64 = 64 * 1024;
