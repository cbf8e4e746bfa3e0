use super::*;

fn check(bytes: [u8; 32], expected: Result<(), KeyError>) {
    assert_eq!(PublicKey::from_bytes(&bytes).map(|_| ()), expected);
}

#[test]
fn keys_are_checked_when_they_enter() {
    let good = SecretKey::from_seed(&[7; 32]).public();
    check(*good.as_bytes(), Ok(()));

    let mut neutral = [0; 32];
    neutral[0] = 1;
    check(neutral, Err(KeyError::SmallOrder));

    // The neutral element with y = p + 1: not reduced.
    let mut unreduced = [0xff; 32];
    unreduced[0] = 0xee;
    unreduced[31] = 0x7f;
    check(unreduced, Err(KeyError::NotCanonical));

    // A full-order point plus a point of order eight.
    let torsion = curve25519_dalek::constants::EIGHT_TORSION[1];
    let mixed = VerifyingKey::from_bytes(good.as_bytes())
        .unwrap()
        .to_edwards()
        + torsion;
    check(mixed.compress().to_bytes(), Err(KeyError::Torsion));

    let not_a_point = (0..=255u8)
        .map(|b| {
            let mut bytes = [0; 32];
            bytes[0] = b;
            bytes
        })
        .find(|bytes| VerifyingKey::from_bytes(bytes).is_err())
        .unwrap();
    check(not_a_point, Err(KeyError::NotAPoint));
}

#[test]
fn a_signature_holds_for_its_message_only() {
    let secret = SecretKey::from_seed(&[7; 32]);
    let signature = secret.sign(b"a");
    assert!(secret.public().verifies(b"a", &signature));
    assert!(!secret.public().verifies(b"b", &signature));
}

#[test]
fn a_secret_never_prints_itself() {
    let secret = SecretKey::from_seed(&[0xab; 32]);
    assert!(!format!("{secret:?}").contains("abab"));
}
