//! Facts of any text: addresses, hosts, paths.

use super::Origin;
use crate::fact::{Fact, FactKind};

/// Hosts named in addresses anywhere in `text`.
pub(crate) fn from_text(
    text: &str,
    origin_of: impl Fn(u32) -> crate::role::Role,
    origin: &Origin<'_>,
) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (line, number) in text.lines().zip(1_u32..) {
        if !line.contains("://") {
            continue;
        }
        for url in urls(line) {
            let Some(host) = host_of(url) else { continue };
            let place = Origin {
                role: origin_of(number),
                ..origin.clone()
            };
            facts.push(place.fact(FactKind::Host, &host, number, url));
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
    let host = authority.rsplit('@').next()?;
    let host = host
        .split(':')
        .next()?
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let plain = !host.is_empty()
        && host.len() <= 253
        && host
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && (host.contains('.') || host == "localhost");
    plain.then_some(host)
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
    let fits = text.len() <= 160 && !text.contains(['\n', ' ', '*', '|', '<', '>', '(', ';']);
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
    NEGATIONS.iter().any(|word| text.contains(word))
}

const SCHEMES: &[&str] = &[
    "http", "https", "ws", "wss", "ftp", "ftps", "ssh", "git", "tcp", "udp",
];
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
    "without ",
    "cannot ",
];
