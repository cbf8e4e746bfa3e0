//! What a line of text writes out: paths outside the skill, names of variables, bare hosts.

use super::super::program::SHELL_OWN;
use super::is_outside_path;
use crate::fact::FactKind;
use crate::role::Role;

/// Gives what `line` names. In a block of code variables are left to its syntax, which knows which
/// of them the block itself sets.
pub(super) fn find(line: &str, role: Role, mut found: impl FnMut(FactKind, &str)) {
    let may_hold_path = line.contains(['/', '%']);
    let may_hold_name = line.contains('_');
    if role != Role::Fence && line.contains(['$', '=']) {
        for name in written(line) {
            found(FactKind::Env, name);
        }
    }
    if !may_hold_path && !may_hold_name && !line.contains([':', '.']) {
        return;
    }
    for word in line.split(ends_word) {
        // Most words are nothing but words.
        if !word
            .bytes()
            .any(|byte| matches!(byte, b'/' | b':' | b'.' | b'_' | b'%'))
        {
            continue;
        }
        let word = word.trim_end_matches(['.', ':', '!', '?']);
        if may_hold_path {
            // The first line of a script names its interpreter.
            for path in paths(word.trim_start_matches("#!")) {
                found(FactKind::Path, path);
            }
        }
        let alone = word.strip_suffix('/').unwrap_or(word);
        let whole = matches!(role, Role::Fence | Role::Data) && is_host(alone);
        if let Some(host) = bare_host(word).or(whole.then_some(alone)) {
            found(FactKind::Host, host);
        }
        let name = word.trim_start_matches('$');
        if may_hold_name && is_variable(name) {
            found(FactKind::Env, name);
        }
    }
}

fn ends_word(c: char) -> bool {
    matches!(
        c,
        '`' | '"'
            | '\''
            | '<'
            | '>'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | ','
            | ';'
            | '|'
            | '='
            | '*'
    ) || c.is_whitespace()
}

/// The paths outside the skill in `text`, which may be a list like that of `PATH`.
pub(in crate::facts) fn paths(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(if text.contains("://") { '\n' } else { ':' });
    parts.filter(|part| part.len() > 4 && is_outside_path(part))
}

/// The host of a place that is written without a scheme: `registry.example.io/image:1`,
/// `api.example.com:443`, `git@example.com:owner/name`.
pub(in crate::facts) fn bare_host(word: &str) -> Option<&str> {
    let word = word.trim_start_matches(['-', ':', '@']);
    let place = word.strip_prefix("git@").unwrap_or(word);
    let end = place.bytes().position(|byte| matches!(byte, b'/' | b':'))?;
    if word.contains("://") {
        return None;
    }
    let (host, rest) = place.split_at_checked(end)?;
    let mut after = rest.chars().skip(1);
    let leads_on = after.next().is_some_and(|c| c.is_ascii_alphanumeric());
    let port = rest.strip_prefix(':').unwrap_or("0");
    let port = port.split('/').next().unwrap_or_default();
    let is_place = word.len() > place.len() || port.bytes().all(|byte| byte.is_ascii_digit());
    let (_, top) = host.rsplit_once('.')?;
    let plain = host
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte));
    let fits = leads_on && is_place && plain && TOP_LEVEL.contains(&top);
    fits.then_some(host)
}

/// Whether all of `text`, which is a value and not running text, is the name of a host.
pub(in crate::facts) fn is_host(text: &str) -> bool {
    let ends = [".com", ".org", ".net"].iter();
    let mut heads = ends.filter_map(|end| text.strip_suffix(end));
    heads.any(|head| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        head.bytes()
            .all(|byte| plain(byte) || b".-".contains(&byte))
            && head.bytes().next().is_some_and(plain)
    })
}

/// Variables that a text expands (`$NAME`, `${NAME}`) or sets (`NAME_OF_IT=value`).
fn written(line: &str) -> impl Iterator<Item = &str> {
    let expanded = line.match_indices('$').filter_map(|(at, _)| {
        let tail = line.get(at.checked_add(1)?..)?;
        let name = head(tail.strip_prefix('{').unwrap_or(tail));
        (name.len() > 2).then_some(name)
    });
    let set = line.match_indices('=').filter_map(|(at, _)| {
        let before = line.get(..at)?;
        let start = before
            .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map_or(0, |at| at.saturating_add(1));
        let name = before.get(start..)?;
        let whole = head(name) == name && name.len() > 2 && name.contains('_');
        let value = line.get(at.checked_add(1)?..)?.chars().next();
        (whole && value.is_some_and(|c| !c.is_whitespace() && c != '=')).then_some(name)
    });
    expanded
        .chain(set)
        .filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
        .filter(|name| !SHELL_OWN.contains(name))
}

/// The capitals, digits and underscores that `text` begins with.
fn head(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// Whether a word of a text is the name of an environment variable: several parts, one of which
/// says what the value is for.
fn is_variable(name: &str) -> bool {
    name.contains('_')
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && name.split('_').any(|part| VARIABLE_PARTS.contains(&part))
}

const VARIABLE_PARTS: &[&str] = &[
    "KEY",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "URL",
    "URI",
    "HOST",
    "PORT",
    "ENDPOINT",
    "USER",
    "USERNAME",
    "ID",
    "ACCOUNT",
    "REGION",
    "PROFILE",
    "PROJECT",
    "PATH",
    "DIR",
    "HOME",
    "CREDENTIALS",
    "APIKEY",
    "BASE",
    "ENV",
    "WEBHOOK",
    "DATABASE",
    "MODEL",
    "ORG",
    "WORKSPACE",
    "MODE",
    "IP",
    "PROTOCOL",
    "EMAIL",
];
/// Under these stand services and registries of images; other words with a dot are mostly files.
const TOP_LEVEL: &[&str] = &["com", "org", "net", "io", "dev", "ai", "app", "cloud"];
