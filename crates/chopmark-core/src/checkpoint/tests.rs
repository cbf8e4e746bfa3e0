use super::*;

const TEXT: &str = "example.com/log\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

fn check(text: &str, expected: Result<(), CheckpointError>) {
    assert_eq!(Checkpoint::parse(text).map(|_| ()), expected, "{text:?}");
}

#[test]
fn checkpoints_have_one_spelling() {
    check(TEXT, Ok(()));
    check(&TEXT.replace("42", "042"), Err(CheckpointError::Size));
    check(&TEXT.replace("42", "+42"), Err(CheckpointError::Size));
    check(
        &TEXT.replace("42", "18446744073709551616"),
        Err(CheckpointError::Size),
    );
    check(&format!("{TEXT}extension\n"), Err(CheckpointError::Lines));
    check(TEXT.trim_end(), Err(CheckpointError::Lines));
    check(&TEXT.replace("q2I=", "q2J="), Err(CheckpointError::Root));
    check(
        &TEXT.replace("example.com/log", ""),
        Err(CheckpointError::Origin),
    );
}

#[test]
fn a_cosignature_binds_time_and_text() {
    let key = SecretKey::from_seed(&[3; 32]);
    let verifier = VerifierKey::new("w", KeyKind::Cosigner, key.public()).unwrap();
    let line = cosign("w", &key, TEXT, 7).unwrap();
    assert_eq!(verify_line(&verifier, &line, TEXT), Ok(Some(7)));
    let bad = Err(CheckpointError::Signature("w".into()));
    assert_eq!(
        verify_line(&verifier, &line, &TEXT.replace("42", "43")),
        bad
    );
    let mut later = line.clone();
    later.bytes[7] = 8;
    assert_eq!(verify_line(&verifier, &later, TEXT), bad);
    // The log's own signature over the same text is no cosignature.
    let log = crate::note::sign_as_log("w", &key, TEXT).unwrap();
    assert_eq!(verify_line(&verifier, &log, TEXT), bad);
}
