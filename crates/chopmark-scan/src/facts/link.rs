//! What kind of place an address leads to, by its form and by services that anybody may use.

mod places;

use places::{ARCHIVES, BINARIES, BRANDS, CHEAP, KNOWN_INSTALLERS, METADATA, OFFICIAL, SERVICES};

/// The classes of `url` with host `host`, most telling first.
pub(super) fn classes(url: &str, host: &str) -> Vec<&'static str> {
    let mut classes = Vec::new();
    if METADATA.contains(&host) {
        classes.push("metadata-service");
    } else if is_public_address(host) {
        classes.push("raw-address");
    }
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    for (class, places) in SERVICES {
        if places.iter().any(|place| leads_to(place, host, rest)) {
            classes.push(class);
        }
    }
    let path = rest.split(['?', '#']).next().unwrap_or(rest);
    let path = path.to_ascii_lowercase();
    let ends = |list: &[&str]| list.iter().any(|end| path.ends_with(end));
    if path.contains('/') && ends(BINARIES) {
        classes.push("binary");
    }
    if path.contains('/') && ends(ARCHIVES) {
        classes.push("archive");
    }
    if path.contains("/releases/download/") {
        classes.push("release");
    }
    if imitates(host) {
        classes.push("look-alike");
    }
    if host
        .rsplit('.')
        .next()
        .is_some_and(|top| CHEAP.contains(&top))
    {
        classes.push("cheap-domain");
    }
    classes
}

/// Whether `url` is an installer that many read and that its project names as the way to install.
pub(super) fn is_known_installer(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let host = super::text::host_of(url).unwrap_or_default();
    KNOWN_INSTALLERS
        .iter()
        .any(|known| leads_to(known, &host, rest))
}

/// Whether `host` is this machine, a private network, or a name kept for examples on one label.
pub(super) fn is_local(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost"
        || host.ends_with(".local")
        || host.ends_with(".localhost")
        || host.ends_with(".internal")
        || (octets(host).is_some() && !is_public_address(host))
}

/// `place` is a host with its subdomains, or a host and the head of a path.
fn leads_to(place: &str, host: &str, rest: &str) -> bool {
    if place.contains('/') {
        return rest
            .to_ascii_lowercase()
            .starts_with(&place.to_ascii_lowercase());
    }
    host.strip_suffix(place)
        .is_some_and(|head| head.is_empty() || head.ends_with('.'))
}

/// A host that carries the name of an agent's maker and is not that maker's.
fn imitates(host: &str) -> bool {
    BRANDS.iter().any(|brand| host.contains(brand))
        && !OFFICIAL
            .iter()
            .any(|official| leads_to(official, host, host))
}

fn octets(host: &str) -> Option<[u8; 4]> {
    let mut parts = host.split('.');
    let mut next = || parts.next()?.parse::<u8>().ok();
    let octets = [next()?, next()?, next()?, next()?];
    parts.next().is_none().then_some(octets)
}

/// An IPv4 address that is neither private nor kept for documentation.
fn is_public_address(host: &str) -> bool {
    let Some(octets) = octets(host) else {
        return false;
    };
    !matches!(
        octets,
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 168, ..]
            | [192, 0, 2, _]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [1, 1, 1, 1]
            | [8, 8, 8, 8]
            | [8, 8, 4, 4]
            | [1, 2, 3, 4]
            | [255, ..]
    )
}
