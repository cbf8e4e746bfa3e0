//! Manifests and grants as canonical JSON, which is also what `permissions.yaml` may hold.

use serde_json::{Map, Value, json};

use super::{
    Access, Consent, FilePermission, Grant, HostName, Manifest, ManifestError, Method, PathPrefix,
    PolicyLimits, Profile, Resource, SCHEMA,
};
use crate::digest::{GrantDigest, PermissionsDigest};
use crate::json::sorted;

impl Manifest {
    /// Prints the manifest as JSON with sorted keys; [`Manifest::parse`] reads it back.
    pub fn to_json(&self) -> String {
        let amounts = |resource: Resource| self.resources().asked(resource);
        sorted(&print(self, &amounts)).to_string()
    }

    /// Returns the digest of [`Manifest::to_json`].
    pub fn digest(&self) -> PermissionsDigest {
        PermissionsDigest::of(self.to_json().as_bytes())
    }
}

impl Grant {
    /// Prints the grant as JSON with sorted keys; [`Grant::parse`] reads it back.
    pub fn to_json(&self) -> String {
        let amounts = |resource: Resource| Some(self.limits().amount(resource));
        let profile = match self.profile() {
            Profile::Signed => "signed",
            Profile::Legacy => "legacy",
        };
        let permissions = print(&self.as_manifest(), &amounts);
        sorted(&json!({ "profile": profile, "permissions": permissions })).to_string()
    }

    /// Reads what [`Grant::to_json`] printed.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] as for a manifest.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let whole = crate::yaml::Position { line: 1, column: 1 };
        let shape = || ManifestError::Shape {
            at: whole,
            expected: "a grant",
        };
        let value: Value = serde_json::from_str(text).map_err(|_| shape())?;
        let manifest = Manifest::parse(&value.get("permissions").ok_or_else(shape)?.to_string())?;
        let grant = match value.get("profile").and_then(Value::as_str) {
            Some("signed") => Self::from_manifest(
                &manifest,
                &PolicyLimits::all_of(&manifest),
                &Consent::to_all_of(&manifest),
            ),
            Some("legacy") => Self::legacy(),
            Some(_) | None => return Err(shape()),
        };
        if grant.to_json() == text {
            Ok(grant)
        } else {
            Err(shape())
        }
    }

    /// Returns the digest of [`Grant::to_json`].
    pub fn digest(&self) -> GrantDigest {
        GrantDigest::of(self.to_json().as_bytes())
    }
}

fn print(manifest: &Manifest, amount: &dyn Fn(Resource) -> Option<u64>) -> Value {
    let mut root = Map::new();
    root.insert("schema".to_owned(), json!(SCHEMA));
    let of = |access: Access| -> Vec<String> {
        let files = manifest
            .files()
            .iter()
            .filter(|file| file.access() == access);
        files.map(FilePermission::to_string).collect()
    };
    let (read, write) = (of(Access::Read), of(Access::Write));
    insert(&mut root, "files", {
        let mut files = Map::new();
        insert(&mut files, "read", json!(read));
        insert(&mut files, "write", json!(write));
        Value::Object(files)
    });
    insert(&mut root, "network", Value::Array(network(manifest)));
    insert(&mut root, "secrets", Value::Array(secrets(manifest)));
    let exec: Vec<&str> = manifest
        .exec()
        .iter()
        .map(|e| e.program().as_str())
        .collect();
    insert(&mut root, "exec", json!(exec));
    let mut agent = Map::new();
    let tools: Vec<&str> = manifest
        .agent()
        .tools()
        .iter()
        .map(|t| t.as_str())
        .collect();
    insert(&mut agent, "tools", json!(tools));
    if manifest.agent().remote_instructions() {
        agent.insert("remoteInstructions".to_owned(), json!(true));
    }
    insert(&mut root, "agent", Value::Object(agent));
    let mut resources = Map::new();
    for resource in Resource::ALL {
        if let Some(amount) = amount(resource) {
            let units = amount.checked_div(resource.field_unit()).unwrap_or(0);
            resources.insert(resource.field().to_owned(), json!(units));
        }
    }
    insert(&mut root, "resources", Value::Object(resources));
    let entrypoints = manifest.entrypoints().iter().map(|entrypoint| {
        let mut entry = Map::new();
        entry.insert("path".to_owned(), json!(entrypoint.path().as_str()));
        if let Some(interpreter) = entrypoint.interpreter() {
            entry.insert("interpreter".to_owned(), json!(interpreter.as_str()));
        }
        Value::Object(entry)
    });
    insert(
        &mut root,
        "entrypoints",
        Value::Array(entrypoints.collect()),
    );
    Value::Object(root)
}

fn network(manifest: &Manifest) -> Vec<Value> {
    let hosts = manifest.network().iter().map(|network| {
        let mut entry = place(network.host(), network.port());
        narrow(&mut entry, network.methods(), network.path_prefix());
        if network.private() {
            entry.insert("private".to_owned(), json!(true));
        }
        Value::Object(entry)
    });
    hosts
        .chain(manifest.open_network().then(|| json!({ "open": true })))
        .collect()
}

fn secrets(manifest: &Manifest) -> Vec<Value> {
    let secrets = manifest.secrets().iter().map(|secret| {
        let mut entry = place(secret.host(), secret.port());
        entry.insert("name".to_owned(), json!(secret.name().as_str()));
        entry.insert("header".to_owned(), json!(secret.header().as_str()));
        entry.insert("format".to_owned(), json!(secret.format()));
        narrow(&mut entry, secret.methods(), secret.path_prefix());
        Value::Object(entry)
    });
    secrets.collect()
}

fn place(host: &HostName, port: u16) -> Map<String, Value> {
    let field = if host.address().is_some() {
        "address"
    } else {
        "host"
    };
    let mut entry = Map::new();
    entry.insert(field.to_owned(), json!(host.as_str()));
    entry.insert("port".to_owned(), json!(port));
    entry
}

fn narrow(entry: &mut Map<String, Value>, methods: Option<&[Method]>, path: Option<&PathPrefix>) {
    if let Some(methods) = methods {
        let words: Vec<&str> = methods.iter().map(|m| m.as_str()).collect();
        entry.insert("methods".to_owned(), json!(words));
    }
    if let Some(path) = path {
        entry.insert("path".to_owned(), json!(path.as_str()));
    }
}

/// Inserts what is not empty.
fn insert(map: &mut Map<String, Value>, name: &str, value: Value) {
    let empty =
        value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
    if !empty {
        map.insert(name.to_owned(), value);
    }
}
