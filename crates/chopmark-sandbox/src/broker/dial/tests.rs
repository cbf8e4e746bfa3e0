use std::net::IpAddr;

use super::in_turns;

#[track_caller]
fn check(addresses: &[&str], turns: &[&str]) {
    let parse = |texts: &[&str]| -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    };
    assert_eq!(in_turns(&parse(addresses)), parse(turns));
}

#[test]
fn families_take_turns_and_keep_their_order() {
    check(&[], &[]);
    check(&["::1", "::2", "1.1.1.1"], &["::1", "1.1.1.1", "::2"]);
    check(&["1.1.1.1", "::1", "::2"], &["1.1.1.1", "::1", "::2"]);
    check(&["1.1.1.1", "2.2.2.2"], &["1.1.1.1", "2.2.2.2"]);
}
