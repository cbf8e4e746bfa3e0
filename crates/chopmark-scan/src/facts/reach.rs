//! Which addresses and which secrets an expression holds, through the names that carry them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::known;
use super::link;
use super::syntax::{Grammar, Syntax, Token, TokenKind};
use super::text::{host_of, urls};
use crate::limit::Limit;

/// Addresses and names of secret variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) urls: BTreeSet<String>,
    pub(super) secrets: BTreeSet<String>,
    /// Whether an address was written in an encoding.
    pub(super) hides_url: bool,
    /// The limits that kept something out.
    pub(super) cut: BTreeSet<Limit>,
}

/// What each name of a script may hold.
pub(super) struct Names(BTreeMap<String, Reach>);

impl Names {
    /// Follows assignments until nothing changes, or a few rounds at most.
    pub(super) fn learn(syntax: &Syntax) -> Self {
        let mut names = Self(BTreeMap::new());
        let mut rounds = 0..syntax.bounds.rounds;
        while names.round(syntax) {
            if rounds.next().is_none() {
                syntax.limits.hit(Limit::FlowRounds);
                break;
            }
        }
        names
    }

    /// Takes only what an assignment itself writes out.
    pub(super) fn learn_direct(syntax: &Syntax) -> Self {
        let nothing = Self(BTreeMap::new());
        let mut names = Self(BTreeMap::new());
        let short = syntax
            .assignments
            .iter()
            .filter(|assignment| assignment.value.len() <= MAX_DIRECT);
        for assignment in short {
            let reach = nothing.of(syntax, &assignment.value);
            for target in &assignment.targets {
                names.add(syntax, target, &reach);
            }
        }
        names
    }

    /// Follows every assignment once; says whether any name gained something.
    fn round(&mut self, syntax: &Syntax) -> bool {
        let mut changed = false;
        for assignment in &syntax.assignments {
            let reach = self.of(syntax, &assignment.value);
            if reach == Reach::default() {
                continue;
            }
            for target in &assignment.targets {
                changed |= self.add(syntax, target, &reach);
            }
        }
        changed
    }

    fn add(&mut self, syntax: &Syntax, name: &str, reach: &Reach) -> bool {
        let known = self.0.entry(name.to_owned()).or_default();
        known.take(reach, syntax.bounds.values)
    }

    /// What the expression in `range` holds.
    pub(super) fn of(&self, syntax: &Syntax, range: &Range<usize>) -> Reach {
        let most = syntax.bounds.values;
        let mut reach = Reach::default();
        let (span, tokens_cut) = syntax.token_span(range);
        for token in syntax.tokens.get(span).unwrap_or_default() {
            reach.take_token(token, syntax.grammar, most);
            let is_name = token.kind == TokenKind::Name || syntax.grammar == Grammar::Bash;
            if let Some(known) = self.0.get(&token.text).filter(|_| is_name) {
                reach.take(known, most);
            }
        }
        let (span, calls_cut) = syntax.call_span(range);
        for call in syntax.calls.get(span).unwrap_or_default() {
            let known = self.0.get(known::last_part(&call.callee));
            if let Some(known) = known {
                reach.take(known, most);
            }
            if known::is_credential_name(&call.callee) && is_upper(&call.callee) {
                reach.add_secret(&call.callee, most);
            }
        }
        if tokens_cut || calls_cut {
            reach.cut.insert(Limit::FlowTokens);
        }
        reach
    }
}

impl Reach {
    /// Adds `other`, of which each set takes `most`; says whether that was anything new.
    pub(super) fn take(&mut self, other: &Self, most: usize) -> bool {
        let size = |reach: &Self| {
            let sets = (reach.urls.len(), reach.secrets.len(), reach.cut.len());
            (sets, reach.hides_url)
        };
        let before = size(self);
        self.hides_url |= other.hides_url;
        self.cut.extend(&other.cut);
        for url in &other.urls {
            self.add_url(url, most);
        }
        for secret in &other.secrets {
            self.add_secret(secret, most);
        }
        before != size(self)
    }

    fn add_url(&mut self, url: &str, most: usize) {
        if !self.urls.contains(url) {
            if self.urls.len() < most {
                self.urls.insert(url.to_owned());
            } else {
                self.cut.insert(Limit::FlowValues);
            }
        }
    }

    fn add_secret(&mut self, secret: &str, most: usize) {
        if !self.secrets.contains(secret) {
            if self.secrets.len() < most {
                self.secrets.insert(secret.to_owned());
            } else {
                self.cut.insert(Limit::FlowValues);
            }
        }
    }

    fn take_token(&mut self, token: &Token, grammar: Grammar, most: usize) {
        let text = token.text.as_str();
        if token.kind == TokenKind::Text {
            if text.contains("://") {
                for url in urls(text) {
                    self.add_url(url, most);
                }
            } else if let Some(text) = hidden_url(text) {
                self.hides_url = true;
                for url in urls(&text) {
                    self.add_url(url, most);
                }
            }
        }
        let name = match token.kind {
            TokenKind::Name => text
                .strip_prefix("process.env.")
                .or((grammar == Grammar::Bash).then_some(text)),
            TokenKind::Text => Some(text),
        };
        let secret = name.filter(|name| is_upper(name) && known::is_credential_name(name));
        if let Some(secret) = secret {
            self.add_secret(secret, most);
        }
    }

    /// Hosts beyond this machine.
    pub(super) fn hosts(&self) -> BTreeSet<String> {
        let hosts = self.urls.iter().filter_map(|url| host_of(url));
        hosts.filter(|host| !link::is_local(host)).collect()
    }

    /// Whether a secret goes to a host that has nothing to do with whoever issued it.
    pub(super) fn is_misdirected(&self) -> bool {
        let hosts = self.hosts();
        let fits = |secret: &String| {
            let owners = owners(secret).unwrap_or_default();
            hosts.iter().any(|host| {
                owners.iter().any(|owner| host.contains(owner)) || shares_word(secret, host)
            })
        };
        let owned = self.secrets.iter().any(|secret| owners(secret).is_some());
        !hosts.is_empty() && owned && !self.secrets.iter().any(fits)
    }

    /// Whether secrets of different issuers are held together.
    fn issuers(&self) -> usize {
        let first = |secret: &String| secret.split('_').next().unwrap_or_default().to_owned();
        self.secrets
            .iter()
            .map(first)
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// Whether these are secrets of several issuers that one message has no use for.
    pub(super) fn is_bundle(&self) -> bool {
        let owned = self
            .secrets
            .iter()
            .filter(|secret| owners(secret).is_some());
        self.issuers() > 1 && owned.count() > 0
    }

    /// Whether something is fetched from elsewhere than the installers that everybody uses.
    pub(super) fn is_foreign(&self) -> bool {
        self.urls.iter().any(|url| {
            host_of(url).is_some_and(|host| !link::is_local(&host))
                && !link::is_known_installer(url)
        })
    }
}

/// The words of which one is in the host that may have the secret; none where that is unknown.
fn owners(secret: &str) -> Option<&'static [&'static str]> {
    let mut words = secret.split('_');
    let owner = words.find_map(|word| OWNERS.iter().find(|(name, _)| *name == word));
    if let Some((_, hosts)) = owner {
        return Some(hosts);
    }
    let stays = STAYS_HOME.iter().any(|name| secret.contains(name));
    stays.then_some(&[])
}

/// Whether the host holds a word of the secret's name that is not said of every secret.
fn shares_word(secret: &str, host: &str) -> bool {
    let general = [
        "API", "KEY", "TOKEN", "SECRET", "ACCESS", "PRIVATE", "PASSWORD", "AUTH", "URL", "DATABASE",
    ];
    secret
        .split('_')
        .filter(|word| word.len() > 2 && !general.contains(word))
        .any(|word| host.contains(&word.to_ascii_lowercase()))
}

/// An address written in base64.
fn hidden_url(text: &str) -> Option<String> {
    if text.len() < 16 || text.contains(' ') {
        return None;
    }
    let bytes = STANDARD.decode(text).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.contains("://").then_some(text)
}

fn is_upper(name: &str) -> bool {
    name.len() > 2
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Who issues the secret of a name, and words of the hosts that may see it.
const OWNERS: &[(&str, &[&str])] = &[
    ("GITHUB", &["github"]),
    ("GH", &["github"]),
    ("GITLAB", &["gitlab"]),
    ("OPENAI", &["openai", "azure", "openrouter"]),
    ("ANTHROPIC", &["anthropic", "claude"]),
    ("AWS", &["aws"]),
    ("NPM", &["npm"]),
    ("PYPI", &["pypi"]),
    ("SLACK", &["slack"]),
    ("STRIPE", &["stripe"]),
    ("SENDGRID", &["sendgrid"]),
    ("TWILIO", &["twilio"]),
    ("DATADOG", &["datadog"]),
    ("AZURE", &["azure", "microsoft", "windows"]),
    ("HUGGINGFACE", &["huggingface", "hf.co"]),
    ("DISCORD", &["discord"]),
    ("TELEGRAM", &["telegram"]),
    ("DOCKER", &["docker"]),
    ("CLOUDFLARE", &["cloudflare"]),
    ("HEROKU", &["heroku"]),
    ("VERCEL", &["vercel"]),
    ("SUPABASE", &["supabase"]),
    ("NOTION", &["notion"]),
    ("SHOPIFY", &["shopify"]),
    ("ATLASSIAN", &["atlassian", "jira"]),
    ("DIGITALOCEAN", &["digitalocean"]),
    ("VAULT", &["vault"]),
];
/// Secrets that a program keeps to itself.
const STAYS_HOME: &[&str] = &[
    "DATABASE_URL",
    "DB_PASSWORD",
    "POSTGRES_PASSWORD",
    "MYSQL_PASSWORD",
    "REDIS_PASSWORD",
    "SSH_PRIVATE_KEY",
    "SSH_KEY",
    "JWT_SECRET",
    "SESSION_SECRET",
    "ENCRYPTION_KEY",
    "SIGNING_KEY",
    "SECRET_KEY_BASE",
    "MASTER_KEY",
];
const MAX_DIRECT: usize = 600;
