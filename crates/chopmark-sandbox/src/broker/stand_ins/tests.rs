use chopmark_core::permission::{HostName, NetworkPermission};

use super::StandIns;

fn granted(hosts: &[&str]) -> StandIns {
    let host = |text: &&str| {
        HostName::from_address(text).unwrap_or_else(|_| text.parse::<HostName>().unwrap())
    };
    let network: Vec<_> = hosts
        .iter()
        .map(|text| NetworkPermission::new(host(text), 443).unwrap())
        .collect();
    StandIns::of(&network)
}

#[track_caller]
fn check(all: &StandIns, name: &str, four: &str, six: &str) {
    let (found_four, found_six) = all.of_name(name).unwrap();
    assert_eq!(
        (found_four.to_string(), found_six.to_string()),
        (four.to_owned(), six.to_owned())
    );
    for address in [four.to_owned(), six.to_owned(), format!("::ffff:{four}")] {
        assert_eq!(
            all.name_of(address.parse().unwrap()),
            Some(name),
            "{address}"
        );
    }
}

#[test]
fn each_name_has_its_addresses_and_they_lead_back_to_it() {
    let all = granted(&["b.test", "192.0.2.1", "a.test", "b.test"]);
    check(&all, "b.test", "198.18.0.1", "fd63:686f:706d::1");
    check(&all, "a.test", "198.18.0.2", "fd63:686f:706d::2");
    for strange in [
        "198.18.0.0",
        "198.18.0.3",
        "198.17.255.255",
        "192.0.2.1",
        "127.0.0.1",
        "::1",
    ] {
        assert_eq!(all.name_of(strange.parse().unwrap()), None, "{strange}");
    }
    assert_eq!(all.of_name("c.test"), None);
}

#[test]
fn loopback_is_localhost_only_if_that_was_granted() {
    let all = granted(&["localhost"]);
    for loopback in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(all.name_of(loopback.parse().unwrap()), Some("localhost"));
    }
}

#[test]
fn addresses_run_out_without_running_over() {
    let mut all = StandIns::default();
    for number in 0..super::MOST_NAMES {
        assert!(all.add(&format!("{number}.test")).is_some());
    }
    assert_eq!(all.add("more.test"), None);
    assert!(all.add("7.test").is_some());
    let (last, _) = all.of_name("65535.test").unwrap();
    assert_eq!(last.to_string(), "198.19.0.0");
}
