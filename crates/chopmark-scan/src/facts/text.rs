//! Facts of any text: addresses, hosts, paths.

mod named;

use std::cell::LazyCell;

use super::{Origin, link};
use crate::fact::{Fact, FactKind};

pub(super) use named::{bare_host, is_host, paths};

/// Hosts named in addresses anywhere in `text`.
pub(crate) fn from_text(
    text: &str,
    origin_of: impl Fn(u32) -> crate::role::Role,
    origin: &Origin<'_>,
) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (line, number) in text.lines().zip(1_u32..) {
        let role = origin_of(number);
        // The syntax of a script tells more than its words.
        if role != crate::role::Role::Code {
            let place = Origin {
                role,
                ..origin.clone()
            };
            named::find(line, role, |kind, value| {
                facts.push(place.fact(kind, value, number, line))
            });
        }
        if !line.contains("://") {
            continue;
        }
        let orders = LazyCell::new(|| Orders::of(line));
        for url in urls(line) {
            let Some(host) = host_of(url) else { continue };
            let place = Origin {
                role: origin_of(number),
                ..origin.clone()
            };
            facts.push(place.fact(FactKind::Host, &host, number, url));
            if orders.make_an_instruction(url) {
                facts.push(place.fact(FactKind::RemoteInstruction, url, number, line));
            }
            for class in link::classes(url, &host) {
                facts.push(place.fact(FactKind::Link, class, number, url));
            }
        }
    }
    facts
}

/// The addresses in `text`, each up to white space, a quote or a bracket.
pub(crate) fn urls(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("://").filter_map(move |(at, _)| {
        let head = text.get(..at)?;
        let start = head
            .rfind(|c: char| !c.is_ascii_alphanumeric())
            .map_or(0, |at| {
                at.saturating_add(
                    head.get(at..)
                        .and_then(|t| t.chars().next())
                        .map_or(1, char::len_utf8),
                )
            });
        let scheme = head.get(start..)?.to_ascii_lowercase();
        if !SCHEMES.contains(&scheme.as_str()) {
            return None;
        }
        let tail = text.get(start..)?;
        let end = tail
            .find(|c: char| {
                c.is_whitespace() || c.is_control() || "\"'`<>()[]{}|\\^,;*".contains(c)
            })
            .unwrap_or(tail.len());
        let url = tail.get(..end)?.trim_end_matches(['.', ':', '!', '?']);
        (url.len() > scheme.len().saturating_add(3)).then_some(url)
    })
}

/// The host of an address in lower case, without user and port; none where it is computed.
pub(crate) fn host_of(url: &str) -> Option<String> {
    let after = url.split_once("://")?.1;
    let authority = after.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    // A service beside this one is known by one word and its port: `http://collector:4318`.
    let has_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let plain = !host.is_empty()
        && host.len() <= 253
        && host
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && (host.contains('.') || host == "localhost" || has_port);
    plain.then_some(host)
}

/// What a line tells its reader to do, worked out once for all its addresses.
struct Orders {
    fetches: bool,
    obeys: bool,
}

impl Orders {
    fn of(line: &str) -> Self {
        let lower = line.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let fetches = has(&["fetch", "retriev", "load ", "curl ", "wget ", "pull "]);
        let obeys = has(&["follow", "execute", "obey", "comply", "carry out", "act on"])
            && has(&[
                "instruction",
                "directive",
                "steps",
                "commands",
                "orders",
                "guidance",
            ]);
        Self { fetches, obeys }
    }

    /// Whether the line tells its reader to fetch `url` and to do what stands there.
    fn make_an_instruction(&self, url: &str) -> bool {
        let path = url.split(['?', '#']).next().unwrap_or(url);
        let path = path.to_ascii_lowercase();
        let is_text =
            path.ends_with(".md") && (path.contains("skill") || path.contains("heartbeat"));
        self.fetches && (self.obeys || is_text)
    }
}

/// Whether `text` is a path outside the skill: of the home folder, of the system, of a drive.
pub(crate) fn is_outside_path(text: &str) -> bool {
    let rest = [
        "~/",
        "$HOME/",
        "${HOME}/",
        "%APPDATA%",
        "%USERPROFILE%",
        "%LOCALAPPDATA%",
    ]
    .iter()
    .find_map(|prefix| text.strip_prefix(prefix));
    let fits =
        text.len() <= LONGEST_PATH && !text.contains(['\n', ' ', '*', '|', '<', '>', '(', ';']);
    if rest.is_some() {
        return fits;
    }
    const SYSTEM: &[&str] = &[
        "/etc/",
        "/usr/",
        "/var/",
        "/opt/",
        "/root/",
        "/home/",
        "/Users/",
        "/Library/",
        "/Applications/",
        "/proc/",
        "/sys/",
        "/dev/",
        "/boot/",
        "/bin/",
        "/sbin/",
        "/tmp/",
        "/mnt/",
        "/srv/",
        "/private/",
    ];
    fits && SYSTEM.iter().any(|prefix| text.starts_with(prefix))
}

/// Whether the words before a match warn against what follows.
pub(crate) fn is_negated(before: &[u8]) -> bool {
    let tail = before
        .get(before.len().saturating_sub(NEGATION_REACH)..)
        .unwrap_or(before);
    let text = String::from_utf8_lossy(tail).to_lowercase();
    // A warning holds for its own sentence: "Never skip this. Download …" warns of nothing.
    let sentence = [". ", "! "].iter().filter_map(|end| text.rfind(end)).max();
    let text = text.get(sentence.unwrap_or_default()..).unwrap_or_default();
    NEGATIONS.iter().any(|word| text.contains(word))
}

const SCHEMES: &[&str] = &[
    "http", "https", "ws", "wss", "ftp", "ftps", "ssh", "git", "tcp", "udp",
];
/// No system opens a longer one.
const LONGEST_PATH: usize = 4096;
const NEGATION_REACH: usize = 100;
const NEGATIONS: &[&str] = &[
    "never ",
    "do not ",
    "don't ",
    "must not",
    "should not",
    "shouldn't",
    "avoid ",
    "refuse",
    "reject",
    "not allowed",
    "❌",
    "🚫",
    "prohibited",
    "forbidden",
    "instead of",
    "detect",
    "flag ",
    "block ",
    "warn ",
    "beware",
    "rather than",
    "malicious",
    "suspicious",
    "bad:",
    "unsafe",
    "red flag",
    "e.g. an attacker",
    "attacker",
    "prevent",
    "cannot ",
    "patterns",
    "attempt",
    "look for",
    "phrases",
    "injection",
    "attack",
    "jailbreak",
];
