use super::*;

const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

#[test]
fn the_example_of_the_specification_verifies() {
    let key: VerifierKey = VKEY.parse().unwrap();
    let note = Note::parse(NOTE.as_bytes()).unwrap();
    let lines: Vec<_> = note.lines_of(&key).collect();
    let [line] = lines.as_slice() else {
        panic!("one line")
    };
    let signature = <[u8; 64]>::try_from(line.bytes.as_slice()).unwrap();
    assert!(key.key().verifies(note.text().as_bytes(), &signature));
    assert!(
        !key.key()
            .verifies(b"This is another message.\n", &signature)
    );
}

fn check(bytes: &str, expected: Result<(), NoteError>) {
    assert_eq!(
        Note::parse(bytes.as_bytes()).map(|_| ()),
        expected,
        "{bytes:?}"
    );
}

#[test]
fn notes_have_one_spelling() {
    check(NOTE, Ok(()));
    check(
        &NOTE.replace("\u{2014} ", "\u{2014}  "),
        Err(NoteError::Name(String::new())),
    );
    check(&NOTE.replace("\n\n", "\n"), Err(NoteError::NoSignatures));
    check(NOTE.trim_end(), Err(NoteError::SignatureLine));
    check(
        &NOTE.replace("message.", "message.\t"),
        Err(NoteError::Characters),
    );
    check(&NOTE.replace("aQM=", "aQN="), Err(NoteError::SignatureLine));
    check(
        &"x".repeat(MAX_NOTE_BYTES + 1),
        Err(NoteError::TooLarge(MAX_NOTE_BYTES + 1)),
    );
}

#[test]
fn verifier_keys_have_one_spelling() {
    assert!(VKEY.parse::<VerifierKey>().is_ok());
    assert!(
        VKEY.replace("530d903a", "530d903b")
            .parse::<VerifierKey>()
            .is_err()
    );
    assert!(
        VKEY.replace("530d903a", "530D903A")
            .parse::<VerifierKey>()
            .is_err()
    );
    assert!(VKEY.replace("+Aeky", "+A").parse::<VerifierKey>().is_err());
}
