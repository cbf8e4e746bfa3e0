use super::*;

fn check(edit: impl Fn(String) -> String, expected: Result<(), EnvelopeError>) {
    let envelope = Envelope::sign(b"{}", &[&SecretKey::from_seed(&[1; 32])]).unwrap();
    let text = edit(String::from_utf8(envelope.bytes().to_vec()).unwrap());
    assert_eq!(
        Envelope::parse(text.as_bytes()).map(|_| ()),
        expected,
        "{text}"
    );
}

#[test]
fn only_the_canonical_spelling_is_read() {
    check(|t| t, Ok(()));
    let not_canonical = Err(EnvelopeError::Json(
        "the JSON is not in canonical form".into(),
    ));
    check(
        |t| t.replace("\"payload\":", "\"payload\": "),
        not_canonical.clone(),
    );
    check(|t| format!("{t}\n"), not_canonical);
    check(
        |t| t.replace("vnd.in-toto", "vnd.in-tota"),
        Err(EnvelopeError::PayloadType(
            "application/vnd.in-tota+json".into(),
        )),
    );
    check(|t| t.replace("e30=", "e30"), Err(EnvelopeError::Base64));
    check(|t| t.replace("e30=", "e31="), Err(EnvelopeError::Base64));
}

#[test]
fn distinct_keys_are_counted_once() {
    let (a, b) = (
        SecretKey::from_seed(&[1; 32]),
        SecretKey::from_seed(&[2; 32]),
    );
    let envelope = Envelope::sign(b"{}", &[&a, &a]).unwrap();
    assert_eq!(
        envelope
            .signers([&a.public(), &a.public(), &b.public()])
            .len(),
        1
    );
    let both = Envelope::sign(b"{}", &[&a, &b]).unwrap();
    assert_eq!(both.signers([&a.public(), &b.public()]).len(), 2);
}

#[test]
fn the_encoding_is_that_of_the_dsse_protocol() {
    // The example of the DSSE protocol document.
    assert_eq!(
        pae("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
}
