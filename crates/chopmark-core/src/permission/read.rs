//! Reads `permissions.yaml`.

use std::str::FromStr;

use thiserror::Error;

use super::{
    Access, AgentPermission, Entrypoint, ExecPermission, FilePermission, HeaderName, HostName,
    Manifest, ManifestParts, Method, NetworkPermission, PathPrefix, PermissionError, Resource,
    Resources, SCHEMA, SecretPermission, SecretTarget,
};
use crate::{
    package::PackagePath,
    yaml::{self, Limits, Node, Position, YamlError},
};

impl Manifest {
    /// Reads a permission manifest, YAML or JSON.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] with the position of the first thing that is refused; unknown fields are
    /// refused, for a permission that nothing enforces misleads.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let whole = Position { line: 1, column: 1 };
        let root = yaml::parse(text, Limits::HAND_WRITTEN)?.ok_or(ManifestError::Missing {
            at: whole,
            field: "schema",
        })?;
        let parts = manifest(&root)?;
        Self::new(parts).map_err(|error| ManifestError::Value { at: root.at, error })
    }
}

/// Why a permission manifest is refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum ManifestError {
    #[error(transparent)]
    Yaml(#[from] YamlError),
    #[error("line {}, column {}: {error}", .at.line, .at.column)]
    Value {
        at: Position,
        error: PermissionError,
    },
    #[error("line {}, column {}: unknown field `{field}`; known here: {known}", .at.line, .at.column)]
    Unknown {
        at: Position,
        field: String,
        known: String,
    },
    #[error("line {}, column {}: expected {expected}", .at.line, .at.column)]
    Shape {
        at: Position,
        expected: &'static str,
    },
    #[error("line {}, column {}: the field `{field}` is missing", .at.line, .at.column)]
    Missing { at: Position, field: &'static str },
    #[error("line {}, column {}: the schema is `{found}`; this program reads `{SCHEMA}`", .at.line, .at.column)]
    Schema { at: Position, found: String },
}

impl ManifestError {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Yaml(error) => error.problem.code(),
            Self::Value { error, .. } => error.code(),
            Self::Unknown { .. } => "permission-unknown-field",
            Self::Shape { .. } => "permission-shape",
            Self::Missing { .. } => "permission-missing-field",
            Self::Schema { .. } => "permission-schema",
        }
    }

    /// Returns where the refused thing stands.
    pub fn position(&self) -> Position {
        match self {
            Self::Yaml(error) => error.at,
            Self::Value { at, .. }
            | Self::Unknown { at, .. }
            | Self::Shape { at, .. }
            | Self::Missing { at, .. }
            | Self::Schema { at, .. } => *at,
        }
    }
}

/// The fields of one mapping, each to be taken once.
struct Fields<'n> {
    at: Position,
    entries: &'n [(Node, Node)],
}

impl<'n> Fields<'n> {
    fn of(node: &'n Node, known: &[&str]) -> Result<Self, ManifestError> {
        let entries = node.mapping().ok_or(shape(node, "a mapping"))?;
        for (key, _) in entries {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let (at, field) = (key.at, name.to_owned());
                return Err(ManifestError::Unknown {
                    at,
                    field,
                    known: known.join(", "),
                });
            }
        }
        Ok(Self {
            at: node.at,
            entries,
        })
    }

    fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|(key, _)| key.text() == Some(name))
            .map(|(_, value)| value)
    }

    fn need(&self, field: &'static str) -> Result<&'n Node, ManifestError> {
        self.get(field)
            .ok_or(ManifestError::Missing { at: self.at, field })
    }

    fn list(&self, name: &str) -> Result<&'n [Node], ManifestError> {
        match self.get(name) {
            None => Ok(&[]),
            Some(node) => node.sequence().ok_or(shape(node, "a list")),
        }
    }
}

fn shape(node: &Node, expected: &'static str) -> ManifestError {
    ManifestError::Shape {
        at: node.at,
        expected,
    }
}

fn refused(node: &Node) -> impl FnOnce(PermissionError) -> ManifestError {
    let at = node.at;
    move |error| ManifestError::Value { at, error }
}

fn text(node: &Node) -> Result<&str, ManifestError> {
    node.text().ok_or(shape(node, "a text"))
}

fn parsed<T: FromStr<Err = PermissionError>>(node: &Node) -> Result<T, ManifestError> {
    text(node)?.parse().map_err(refused(node))
}

fn manifest(root: &Node) -> Result<ManifestParts, ManifestError> {
    let fields = Fields::of(
        root,
        &[
            "schema",
            "files",
            "network",
            "secrets",
            "exec",
            "agent",
            "resources",
            "entrypoints",
        ],
    )?;
    let schema = fields.need("schema")?;
    if schema.text() != Some(SCHEMA) {
        let found = schema.text().unwrap_or_default().to_owned();
        return Err(ManifestError::Schema {
            at: schema.at,
            found,
        });
    }
    let (network, open_network) = match fields.get("network") {
        Some(node) => network(node)?,
        None => (Vec::new(), false),
    };
    Ok(ManifestParts {
        files: fields
            .get("files")
            .map(files)
            .transpose()?
            .unwrap_or_default(),
        network,
        open_network,
        secrets: fields
            .list("secrets")?
            .iter()
            .map(secret)
            .collect::<Result<_, _>>()?,
        exec: fields
            .list("exec")?
            .iter()
            .map(|node| Ok(ExecPermission::new(parsed(node)?)))
            .collect::<Result<_, ManifestError>>()?,
        agent: fields
            .get("agent")
            .map(agent)
            .transpose()?
            .unwrap_or_default(),
        resources: fields
            .get("resources")
            .map(resources)
            .transpose()?
            .unwrap_or_default(),
        entrypoints: fields
            .list("entrypoints")?
            .iter()
            .map(entrypoint)
            .collect::<Result<_, _>>()?,
    })
}

fn files(node: &Node) -> Result<Vec<FilePermission>, ManifestError> {
    let fields = Fields::of(node, &["read", "write"])?;
    let mut files = Vec::new();
    for (field, access) in [("read", Access::Read), ("write", Access::Write)] {
        for entry in fields.list(field)? {
            files.push(FilePermission::parse(access, text(entry)?).map_err(refused(entry))?);
        }
    }
    Ok(files)
}

/// A list of hosts, in which `open: true` may stand as an entry of its own.
fn network(node: &Node) -> Result<(Vec<NetworkPermission>, bool), ManifestError> {
    let entries = node.sequence().ok_or(shape(node, "a list"))?;
    let (mut hosts, mut open) = (Vec::new(), false);
    for entry in entries {
        let known = [
            "host", "address", "port", "methods", "path", "private", "open",
        ];
        let fields = Fields::of(entry, &known)?;
        if let Some(flag) = fields.get("open") {
            if flag.boolean() != Some(true) || fields.entries.len() != 1 {
                return Err(shape(flag, "`open: true`, alone"));
            }
            open = true;
            continue;
        }
        let (host, port) = place(&fields)?;
        let mut network = NetworkPermission::new(host, port).map_err(refused(entry))?;
        if let Some(methods) = methods(&fields)? {
            network = network.with_methods(methods).map_err(refused(entry))?;
        }
        if let Some(path) = fields.get("path") {
            network = network.with_path_prefix(parsed(path)?);
        }
        if let Some(flag) = fields.get("private")
            && flag.boolean().ok_or(shape(flag, "true or false"))?
        {
            network = network.with_private_addresses();
        }
        hosts.push(network);
    }
    Ok((hosts, open))
}

/// `host` or `address`, and `port` (443 when it is not named).
fn place(fields: &Fields<'_>) -> Result<(HostName, u16), ManifestError> {
    let host = match (fields.get("host"), fields.get("address")) {
        (Some(host), None) => parsed(host)?,
        (None, Some(address)) => {
            HostName::from_address(text(address)?).map_err(refused(address))?
        }
        (Some(_), Some(both)) => return Err(shape(both, "either `host` or `address`")),
        (None, None) => {
            return Err(ManifestError::Missing {
                at: fields.at,
                field: "host",
            });
        }
    };
    let port = match fields.get("port") {
        None => 443,
        Some(node) => {
            let value = node.text().unwrap_or_default().to_owned();
            let port = node
                .integer()
                .and_then(|n| u16::try_from(n).ok())
                .filter(|n| *n > 0);
            port.ok_or_else(|| refused(node)(PermissionError::Port { value }))?
        }
    };
    Ok((host, port))
}

fn methods(fields: &Fields<'_>) -> Result<Option<Vec<Method>>, ManifestError> {
    let Some(node) = fields.get("methods") else {
        return Ok(None);
    };
    let list = node.sequence().ok_or(shape(node, "a list"))?;
    if list.is_empty() {
        return Err(refused(node)(PermissionError::NoMethod));
    }
    Ok(Some(list.iter().map(parsed).collect::<Result<_, _>>()?))
}

fn secret(node: &Node) -> Result<SecretPermission, ManifestError> {
    let known = [
        "name", "host", "address", "port", "header", "format", "methods", "path",
    ];
    let fields = Fields::of(node, &known)?;
    let (host, port) = place(&fields)?;
    let header: HeaderName = parsed(fields.need("header")?)?;
    let format = fields.need("format")?;
    let target = SecretTarget::new(header, text(format)?).map_err(refused(format))?;
    let name = parsed(fields.need("name")?)?;
    let mut secret = SecretPermission::new(name, host, port, target).map_err(refused(node))?;
    if let Some(methods) = methods(&fields)? {
        secret = secret.with_methods(methods).map_err(refused(node))?;
    }
    if let Some(path) = fields.get("path") {
        secret = secret.with_path_prefix(parsed::<PathPrefix>(path)?);
    }
    Ok(secret)
}

fn agent(node: &Node) -> Result<AgentPermission, ManifestError> {
    let fields = Fields::of(node, &["tools", "remoteInstructions"])?;
    let tools = fields
        .list("tools")?
        .iter()
        .map(parsed)
        .collect::<Result<_, _>>()?;
    let remote = match fields.get("remoteInstructions") {
        Some(flag) => flag.boolean().ok_or(shape(flag, "true or false"))?,
        None => false,
    };
    Ok(AgentPermission::new(tools, remote))
}

fn resources(node: &Node) -> Result<Resources, ManifestError> {
    let names: Vec<&str> = Resource::ALL.iter().map(|r| r.field()).collect();
    let fields = Fields::of(node, &names)?;
    let mut resources = Resources::default();
    for resource in Resource::ALL {
        if let Some(node) = fields.get(resource.field()) {
            let amount = node.integer().ok_or(shape(node, "a whole number"))?;
            let amount = amount.saturating_mul(resource.field_unit());
            resources = resources.with(resource, amount).map_err(refused(node))?;
        }
    }
    Ok(resources)
}

fn entrypoint(node: &Node) -> Result<Entrypoint, ManifestError> {
    let fields = Fields::of(node, &["path", "interpreter"])?;
    let path = fields.need("path")?;
    let value = || text(path).unwrap_or_default().to_owned();
    let parsed_path = PackagePath::from_bytes(text(path)?.as_bytes())
        .map_err(|_| refused(path)(PermissionError::EntrypointPath { value: value() }))?;
    let interpreter = fields.get("interpreter").map(parsed).transpose()?;
    Ok(Entrypoint::new(parsed_path, interpreter))
}
