use super::check_name;
use crate::broker::authority::Host;
use crate::broker::hello::ClientHello;

/// What a hello with this name, to a tunnel to `host`, is refused for.
fn check(name: Option<&str>, encrypted: bool, host: &str, opened: bool, expected: Option<&str>) {
    let hello = ClientHello {
        server_name: name.map(str::to_owned),
        encrypted,
    };
    let checked = check_name(&hello, &Host::parse(host).unwrap(), opened);
    assert_eq!(
        checked.err().map(|refusal| refusal.code()),
        expected,
        "{hello:?} {host}"
    );
}

#[test]
fn names_in_hellos() {
    check(Some("a.test"), false, "a.test", false, None);
    check(Some("b.test"), false, "a.test", false, Some("sni-mismatch"));
    check(None, false, "a.test", false, Some("sni-missing"));
    check(None, false, "192.0.2.1", false, None);
    check(
        Some("a.test"),
        false,
        "192.0.2.1",
        false,
        Some("sni-mismatch"),
    );
    check(None, false, "[2001:db8::1]", true, None);
}

#[test]
fn a_hidden_name_counts_only_where_tls_is_not_opened() {
    check(Some("a.test"), true, "a.test", false, Some("sni-encrypted"));
    check(Some("a.test"), true, "a.test", true, None);
    check(Some("b.test"), true, "a.test", true, Some("sni-mismatch"));
}
