use chopmark_core::permission::{Consent, Grant, Manifest, PolicyLimits};

use super::Ways;

fn ways(network: &str) -> Option<Ways> {
    let text = format!("schema: https://chopmark.dev/schema/permissions/v1\n{network}");
    let manifest = Manifest::parse(&text).unwrap();
    let limits = PolicyLimits::all_of(&manifest);
    let grant = Grant::from_manifest(&manifest, &limits, &Consent::to_all_of(&manifest));
    Ways::of(&grant, false)
}

#[track_caller]
fn check(ways: &Ways, to: &str, leads: bool) {
    assert_eq!(ways.lead_to(to.parse().unwrap()), leads, "{to}");
}

#[test]
fn no_network_no_way() {
    assert_eq!(ways("exec: [python3]\n"), None);
    // With a broker that only records, programs reach it and nothing else.
    let recorded = Ways::of(&Grant::legacy(), true).unwrap();
    check(&recorded, "127.0.0.1:3128", true);
    check(&recorded, "192.0.2.7:443", false);
}

#[test]
fn only_what_is_granted_on_its_port() {
    let ways = ways(
        "network:\n  - host: api.test\n    port: 443\n  - host: b.test\n    port: 3128\n  \
         - address: 192.0.2.7\n    port: 8080\n",
    )
    .unwrap();
    for (to, leads) in [
        ("127.0.0.1:3129", true),
        ("127.0.0.1:53", true),
        ("[::ffff:127.0.0.1]:3129", true),
        ("127.0.0.1:3128", false),
        ("127.0.0.1:443", false),
        ("[::1]:443", false),
        ("198.18.0.1:443", true),
        ("[::ffff:198.18.0.1]:443", true),
        ("[fd63:686f:706d::1]:443", true),
        ("198.18.0.1:0", true),
        ("198.18.0.1:80", false),
        ("198.18.0.2:443", false),
        ("198.18.0.2:3128", true),
        ("198.18.0.3:443", false),
        ("198.18.0.3:0", false),
        ("192.0.2.7:8080", true),
        ("192.0.2.8:8080", false),
        ("169.254.169.254:443", false),
    ] {
        check(&ways, to, leads);
    }
    assert_eq!(
        ways.ports().collect::<Vec<_>>(),
        [3129, 53, 443, 3128, 8080]
    );
    assert!(ways.answers("127.0.0.1:53".parse().unwrap()));
    assert!(!ways.answers("198.18.0.1:53".parse().unwrap()));
}

#[test]
fn an_open_network_leads_everywhere_on_web_ports() {
    let ways = ways("network:\n  - open: true\n").unwrap();
    check(&ways, "192.0.2.1:443", true);
    check(&ways, "192.0.2.1:80", true);
    check(&ways, "192.0.2.1:22", false);
}

#[test]
fn loopback_leads_out_if_localhost_is_granted() {
    let ways = ways("network:\n  - host: localhost\n    port: 8080\n    private: true\n").unwrap();
    check(&ways, "127.0.0.1:8080", true);
    check(&ways, "[::1]:8080", true);
    check(&ways, "127.0.0.2:8080", false);
}
