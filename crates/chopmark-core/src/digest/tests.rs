use super::*;

fn check(text: &str, expected: Result<(), DigestError>) {
    let parsed = text.parse::<BlobDigest>();
    assert_eq!(parsed.map(|_| ()), expected, "{text}");
    if let Ok(digest) = parsed {
        assert_eq!(digest.to_string(), text);
    }
}

#[test]
fn text_form_is_64_lower_case_digits() {
    let good = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    check(good, Ok(()));
    check(&good.to_uppercase(), Err(DigestError::Digit));
    check(&good[..63], Err(DigestError::Length { length: 63 }));
    check(&format!("{good}0"), Err(DigestError::Length { length: 65 }));
    check(&good.replace('e', "g"), Err(DigestError::Digit));
}

#[test]
fn digest_of_nothing_is_the_published_one() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(BlobDigest::of(b"").to_string(), empty);
}
