//! The granted permissions, arranged by where they lead.

use std::collections::BTreeMap;
use std::sync::Arc;

use chopmark_core::permission::{HostName, Method, NetworkPermission};

use super::authority::{Authority, Host};
use super::config::SecretBinding;
use super::path;
use super::refusal::Refusal;
use super::secret::{SecretError, SecretRule};

/// All that is granted to one run.
pub(super) struct Policy {
    targets: BTreeMap<Authority, Arc<Target>>,
    /// Stands for each host without a permission of its own, when every host is granted.
    open: Option<Arc<Target>>,
}

/// What is granted at one host and port.
#[derive(Debug, Default)]
pub(super) struct Target {
    /// One permission each; a request needs only one that covers it.
    pub(super) rules: Vec<Rule>,
    /// The secrets that may go there.
    pub(super) secrets: Vec<SecretRule>,
    /// Private addresses may be dialled.
    pub(super) private: bool,
}

/// The methods and paths of one permission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    /// In capitals; `None` is any.
    pub(super) methods: Option<Vec<String>>,
    /// As [`path::is_under`] reads it; `None` is any.
    pub(super) path_prefix: Option<String>,
}

impl Policy {
    /// Arranges permissions; a secret alone grants no connection.
    ///
    /// # Errors
    ///
    /// [`SecretError`] for a secret whose header or format cannot be used.
    pub(super) fn new(
        network: &[NetworkPermission],
        secrets: Vec<SecretBinding>,
        open_network: bool,
    ) -> Result<Self, SecretError> {
        let mut targets: BTreeMap<Authority, Target> = BTreeMap::new();
        for permission in network {
            let target = targets
                .entry(authority(permission.host(), permission.port()))
                .or_default();
            target.rules.push(Rule::of(permission));
            target.private |= permission.private();
        }
        for binding in secrets {
            let authority = authority(binding.permission.host(), binding.permission.port());
            if open_network || targets.contains_key(&authority) {
                targets
                    .entry(authority)
                    .or_default()
                    .secrets
                    .push(SecretRule::of(binding)?);
            }
        }
        if open_network {
            for target in targets.values_mut() {
                target.rules.push(Rule::default());
            }
        }
        let anything = || Target {
            rules: vec![Rule::default()],
            ..Target::default()
        };
        Ok(Self {
            targets: targets
                .into_iter()
                .map(|(key, target)| (key, Arc::new(target)))
                .collect(),
            open: open_network.then(|| Arc::new(anything())),
        })
    }

    /// Finds what is granted at a host and port.
    ///
    /// # Errors
    ///
    /// [`Refusal::HostNotGranted`], or [`Refusal::PortNotGranted`] when only another port is.
    pub(super) fn target(&self, authority: &Authority) -> Result<Arc<Target>, Refusal> {
        if let Some(target) = self.targets.get(authority).or(self.open.as_ref()) {
            return Ok(Arc::clone(target));
        }
        if self
            .targets
            .keys()
            .any(|granted| granted.host == authority.host)
        {
            return Err(Refusal::PortNotGranted(authority.to_string()));
        }
        Err(Refusal::HostNotGranted(authority.host.to_string()))
    }

    /// Whether every public host is granted.
    pub(super) fn grants_every_host(&self) -> bool {
        self.open.is_some()
    }

    /// The hosts whose TLS is opened.
    pub(super) fn opened_hosts(&self) -> Vec<&Host> {
        let opened = self.targets.iter().filter(|(_, target)| target.is_opened());
        let mut hosts: Vec<_> = opened.map(|(authority, _)| &authority.host).collect();
        hosts.dedup();
        hosts
    }

    /// Every secret that could be placed.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretRule> {
        self.targets.values().flat_map(|target| &target.secrets)
    }
}

impl Target {
    /// Whether TLS must be opened, for a rule on requests or for a secret.
    pub(super) fn is_opened(&self) -> bool {
        !self.secrets.is_empty() || self.rules.iter().any(|rule| *rule != Rule::default())
    }

    /// Checks method and path against the rules.
    ///
    /// The path's ambiguity matters, and is refused, only where some rule or secret names a path.
    ///
    /// # Errors
    ///
    /// A refusal that names the rule which stands in the way.
    pub(super) fn allow(&self, method: &str, path: &str) -> Result<(), Refusal> {
        let by_path = self.rules.iter().any(|rule| rule.path_prefix.is_some())
            || self
                .secrets
                .iter()
                .any(|secret| secret.path_prefix.is_some());
        if by_path && path::check(path).is_err() {
            return Err(Refusal::PathAmbiguous(path.to_owned()));
        }
        if matches!(method, "TRACE" | "CONNECT") {
            return Err(Refusal::MethodNotGranted(method.to_owned()));
        }
        let mut of_method = self
            .rules
            .iter()
            .filter(|rule| covers_method(rule.methods.as_deref(), method))
            .peekable();
        if of_method.peek().is_none() {
            return Err(Refusal::MethodNotGranted(method.to_owned()));
        }
        if of_method.any(|rule| covers_path(rule.path_prefix.as_deref(), path)) {
            Ok(())
        } else {
            Err(Refusal::PathNotGranted(path.to_owned()))
        }
    }
}

impl Rule {
    fn of(permission: &NetworkPermission) -> Self {
        Self {
            methods: permission.methods().map(names),
            path_prefix: permission.path_prefix().map(ToString::to_string),
        }
    }
}

impl SecretRule {
    fn of(binding: SecretBinding) -> Result<Self, SecretError> {
        let SecretBinding {
            permission,
            placeholder,
            value,
        } = binding;
        let rule = Self {
            name: permission.name().as_str().to_owned(),
            placeholder,
            header: permission
                .header()
                .as_str()
                .parse()
                .map_err(|_| SecretError::BadTarget)?,
            format: permission.format().to_owned(),
            methods: permission.methods().map(names),
            path_prefix: permission.path_prefix().map(ToString::to_string),
            value,
        };
        rule.placed().map(|_| rule).ok_or(SecretError::BadTarget)
    }

    /// Whether the secret may go with such a request.
    pub(super) fn covers(&self, method: &str, path: &str) -> bool {
        covers_method(self.methods.as_deref(), method)
            && covers_path(self.path_prefix.as_deref(), path)
    }
}

fn authority(host: &HostName, port: u16) -> Authority {
    let host = match host.address() {
        Some(address) => Host::Address(address),
        None => Host::Name(host.as_str().to_owned()),
    };
    Authority { host, port }
}

fn names(methods: &[Method]) -> Vec<String> {
    methods
        .iter()
        .map(|method| method.as_str().to_owned())
        .collect()
}

fn covers_method(methods: Option<&[String]>, method: &str) -> bool {
    methods.is_none_or(|methods| methods.iter().any(|allowed| allowed == method))
}

fn covers_path(prefix: Option<&str>, path: &str) -> bool {
    prefix.is_none_or(|prefix| path::is_under(path, prefix))
}
