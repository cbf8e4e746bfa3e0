use chopmark_core::permission::{HostName, NetworkPermission, SecretPermission, SecretTarget};
use hyper::Request;
use zeroize::Zeroizing;

use super::{Scheme, screen};
use crate::broker::authority::Authority;
use crate::broker::policy::Policy;
use crate::broker::{Placeholder, SecretBinding, SecretValue};

const VALUE: &str = "0123456789abcdef";

/// Everything at `a.test:443`; the secrets `ONE` and `TWO`, of the prefixes given, in `X-Key`.
fn policy(prefixes: &[&str]) -> Policy {
    let host: HostName = "a.test".parse().unwrap();
    let network = NetworkPermission::new(host.clone(), 443).unwrap();
    let bind = |(index, prefix): (usize, &&str)| {
        let name = ["ONE", "TWO"][index].parse().unwrap();
        let target = SecretTarget::new("X-Key".parse().unwrap(), "{secret}").unwrap();
        let permission = SecretPermission::new(name, host.clone(), 443, target).unwrap();
        SecretBinding {
            permission: permission.with_path_prefix(prefix.parse().unwrap()),
            placeholder: placeholder(index),
            value: SecretValue::new(Zeroizing::new(VALUE.as_bytes().to_vec())).unwrap(),
        }
    };
    let secrets = prefixes.iter().enumerate().map(bind).collect();
    Policy::new(&[network], secrets, false).unwrap()
}

fn placeholder(index: usize) -> Placeholder {
    Placeholder::from_random([u8::try_from(index).unwrap(); 16])
}

/// Screens a GET with these headers; expects the secrets placed, or the code of the refusal.
fn check(prefixes: &[&str], path: &str, headers: &[(&str, &str)], expected: Result<&[&str], &str>) {
    let policy = policy(prefixes);
    let authority = Authority::parse("a.test:443", None).unwrap();
    let target = policy.target(&authority).unwrap();
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    let screened = screen(&head, Scheme::Https, &authority, &target, policy.secrets());
    let placed = screened
        .map(|screened| screened.secrets)
        .map_err(|refusal| refusal.code());
    let expected = expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(placed, expected, "{path} {headers:?}");
}

#[test]
fn hosts_by_name_and_default_port() {
    check(&[], "/", &[("host", "a.test")], Ok(&[]));
    check(&[], "/", &[("host", "A.TEST:443")], Ok(&[]));
    check(&[], "https://a.test/", &[("host", "a.test")], Ok(&[]));
    let mismatch = Err("host-mismatch");
    check(&[], "/", &[], mismatch);
    check(&[], "/", &[("host", "a.test:80")], mismatch);
    check(&[], "/", &[("host", "a.test.")], mismatch);
    check(
        &[],
        "/",
        &[("host", "a.test"), ("host", "a.test")],
        mismatch,
    );
    check(&[], "https://b.test/", &[("host", "a.test")], mismatch);
    check(&[], "http://a.test/", &[("host", "a.test")], mismatch);
}

#[test]
fn two_secrets_for_one_header() {
    let host = ("host", "a.test");
    let (one, two) = (placeholder(0), placeholder(1));
    check(&["/a/", "/b/"], "/a/x", &[host], Ok(&["ONE"]));
    check(&["/a/", "/b/"], "/b/x", &[host], Ok(&["TWO"]));
    check(&["/a/", "/b/"], "/c/x", &[host], Ok(&[]));
    // Both could be meant, so neither is added; the placeholder says which.
    check(&["/a/", "/a/"], "/a/x", &[host], Ok(&[]));
    check(
        &["/a/", "/a/"],
        "/a/x",
        &[host, ("x-key", one.as_str())],
        Ok(&["ONE"]),
    );
    check(
        &["/a/", "/a/"],
        "/a/x",
        &[host, ("x-key", two.as_str())],
        Ok(&["TWO"]),
    );
    let misplaced = Err("secret-misplaced");
    check(
        &["/a/", "/b/"],
        "/b/x",
        &[host, ("x-key", one.as_str())],
        misplaced,
    );
    check(
        &["/a/", "/b/"],
        "/b/x",
        &[host, ("x-other", one.as_str())],
        misplaced,
    );
    check(
        &["/a/", "/b/"],
        "/b/x",
        &[host, (one.as_str(), "1")],
        misplaced,
    );
}

#[test]
fn odd_paths_matter_only_where_a_rule_names_one() {
    let host = ("host", "a.test");
    check(&[], "/a%2Fb/../c", &[host], Ok(&[]));
    check(&["/a/"], "/a%2Fb/../c", &[host], Err("path-ambiguous"));
    check(&["/a/"], "/a/b", &[host], Ok(&["ONE"]));
}
