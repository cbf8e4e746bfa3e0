use hyper::header::AUTHORIZATION;
use zeroize::Zeroizing;

use super::{Placeholder, SecretError, SecretRule, SecretValue};

fn check(value: &[u8], expected: Option<SecretError>) {
    assert_eq!(
        SecretValue::new(Zeroizing::new(value.to_vec())).err(),
        expected
    );
}

#[test]
fn values_that_can_serve_and_their_twins() {
    check(b"12345678", None);
    check(b"1234567", Some(SecretError::TooShort));
    check(&[b'a'; 8192], None);
    check(&[b'a'; 8193], Some(SecretError::TooLong));
    check(b"a value with spaces", None);
    check(b"a value with a\nline", Some(SecretError::NotHeaderText));
    check("a välue".as_bytes(), Some(SecretError::NotHeaderText));
}

#[test]
fn placeholders_round_trip() {
    let placeholder = Placeholder::from_random([0xab; 16]);
    assert_eq!(
        placeholder.as_str(),
        format!("chopmark-secret-{}", "ab".repeat(16))
    );
    assert_eq!(placeholder.as_str().parse(), Ok(placeholder.clone()));
    for wrong in [
        &placeholder.as_str()[1..],
        &placeholder.as_str().to_uppercase(),
        "",
    ] {
        assert_eq!(
            wrong.parse::<Placeholder>(),
            Err(SecretError::BadPlaceholder)
        );
    }
}

#[test]
fn the_value_is_placed_and_never_shown() {
    let rule = SecretRule {
        name: "TOKEN".to_owned(),
        placeholder: Placeholder::from_random([1; 16]),
        header: AUTHORIZATION,
        format: "Bearer {secret}!".to_owned(),
        methods: None,
        path_prefix: None,
        value: SecretValue::new(Zeroizing::new(b"hunter2-hunter2".to_vec())).unwrap(),
    };
    let placed = rule.placed().unwrap();
    assert_eq!(placed.as_bytes(), b"Bearer hunter2-hunter2!");
    assert_eq!(
        rule.expected(),
        format!("Bearer chopmark-secret-{}!", "01".repeat(16))
    );
    for shown in [
        format!("{rule:?}"),
        format!("{placed:?}"),
        format!("{:?}", rule.value),
    ] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
