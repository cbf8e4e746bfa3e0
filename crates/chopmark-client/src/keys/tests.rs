use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn store() -> (tempfile::TempDir, KeyStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path().join("keys"));
    (folder, store)
}

#[test]
fn keys_come_back_as_they_were_stored() {
    let (_folder, store) = store();
    let label: Label = "author".parse().unwrap();
    let mut keys = Keys::generate().unwrap();
    store.create(&label, &keys, &Seal::Plain).unwrap();
    let opened = store.open(&label, &Seal::Plain).unwrap();
    assert_eq!(opened.current.public(), keys.current.public());
    assert_eq!(opened.next.public(), keys.next.public());
    assert!(opened.fresh.is_none());
    keys.fresh = Some(draw().unwrap());
    store.replace(&label, &keys, &Seal::Plain).unwrap();
    let fresh = store.open(&label, &Seal::Plain).unwrap().fresh.unwrap();
    assert_eq!(fresh.public(), keys.fresh.unwrap().public());
    assert_eq!(store.labels().unwrap(), [label]);
}

#[test]
fn a_taken_label_is_refused_and_its_keys_stay() {
    let (_folder, store) = store();
    let label = Label::host();
    let keys = Keys::generate().unwrap();
    store.create(&label, &keys, &Seal::Plain).unwrap();
    let error = store
        .create(&label, &Keys::generate().unwrap(), &Seal::Plain)
        .unwrap_err();
    assert_eq!(error.code(), "key-exists");
    assert_eq!(
        store.open(&label, &Seal::Plain).unwrap().current.public(),
        keys.current.public()
    );
}

#[test]
fn a_key_file_that_others_may_read_is_refused() {
    let (_folder, store) = store();
    let label = Label::host();
    store
        .create(&label, &Keys::generate().unwrap(), &Seal::Plain)
        .unwrap();
    let file = store.private_file(&label);
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(
        store.open(&label, &Seal::Plain).unwrap_err().code(),
        "key-too-open"
    );
}

#[test]
fn damage_and_absence_are_told_apart() {
    let (_folder, store) = store();
    let label = Label::host();
    assert_eq!(
        store.open(&label, &Seal::Plain).unwrap_err().code(),
        "key-missing"
    );
    store
        .create(&label, &Keys::generate().unwrap(), &Seal::Plain)
        .unwrap();
    durable::write(
        &store.private_file(&label),
        b"chopmark-keys v1\ncurrent AA==\n",
        Access::Private,
    )
    .unwrap();
    assert_eq!(
        store.open(&label, &Seal::Plain).unwrap_err().code(),
        "key-damaged"
    );
}
