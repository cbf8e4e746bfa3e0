use std::sync::Arc;

use super::{ClientHello, HelloError, Progress, read};

fn vector_u16(bytes: &[u8]) -> Vec<u8> {
    let mut out = u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    out.extend_from_slice(bytes);
    out
}

fn extension(kind: u16, value: &[u8]) -> Vec<u8> {
    [kind.to_be_bytes().to_vec(), vector_u16(value)].concat()
}

fn name(name: &str) -> Vec<u8> {
    let entry = [vec![0], vector_u16(name.as_bytes())].concat();
    extension(0, &vector_u16(&entry))
}

fn message(extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend(vector_u16(&[0x13, 0x01]));
    body.extend([1, 0]);
    body.extend(vector_u16(&extensions.concat()));
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[1][..], &length[1..], &body].concat()
}

fn records(message: &[u8], size: usize) -> Vec<u8> {
    message
        .chunks(size)
        .flat_map(|chunk| [vec![22, 3, 1], vector_u16(chunk)].concat())
        .collect()
}

fn check(bytes: &[u8], expected: Result<Progress, HelloError>) {
    assert_eq!(read(bytes), expected);
}

fn done(server_name: Option<&str>, encrypted: bool) -> Result<Progress, HelloError> {
    Ok(Progress::Done(ClientHello {
        server_name: server_name.map(str::to_owned),
        encrypted,
    }))
}

#[test]
fn every_prefix_asks_for_more_and_every_split_reads_the_same() {
    let message = message(&[extension(43, &[2, 3, 4]), name("API.example")]);
    for size in [1, 2, 3, 7, 50, 1000] {
        let bytes = records(&message, size);
        for end in 0..bytes.len() {
            check(&bytes[..end], Ok(Progress::More));
        }
        check(&bytes, done(Some("api.example"), false));
    }
}

#[test]
fn a_hello_of_rustls() {
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_root_certificates(rustls::RootCertStore::empty())
    .with_no_client_auth();
    let name = "one.example".try_into().unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    check(&bytes, done(Some("one.example"), false));
}

#[test]
fn names_absent_encrypted_doubled_or_odd() {
    let hello = |extensions: &[Vec<u8>]| records(&message(extensions), 1000);
    check(&hello(&[]), done(None, false));
    check(
        &hello(&[name("a.example"), extension(0xfe0d, &[0])]),
        done(Some("a.example"), true),
    );
    check(
        &hello(&[name("a.example"), name("b.example")]),
        Err(HelloError::Malformed),
    );
    check(&hello(&[name("a.example\0")]), Err(HelloError::Malformed));
    check(&hello(&[name("")]), Err(HelloError::Malformed));
    check(
        &hello(&[name(&"a".repeat(254))]),
        Err(HelloError::Malformed),
    );
    let entry = |name: &str| [vec![0], vector_u16(name.as_bytes())].concat();
    let two = extension(
        0,
        &vector_u16(&[entry("a.example"), entry("b.example")].concat()),
    );
    check(&hello(&[two]), Err(HelloError::Malformed));
}

#[test]
fn what_is_not_tls_or_too_long() {
    check(b"SSH-2.0-x\r\n", Err(HelloError::NotTls));
    check(b"GET / HTTP/1.1\r\n", Err(HelloError::NotTls));
    check(&[22, 2], Err(HelloError::NotTls));
    check(&[22, 3, 1, 0, 0], Err(HelloError::Malformed));
    check(&[22, 3, 1, 0x40, 1], Err(HelloError::Malformed));
    check(&[22, 3, 1, 0, 4, 1, 0, 0x40, 1], Err(HelloError::TooLong));
    check(&[22, 3, 1, 0, 4, 2, 0, 0, 1], Err(HelloError::Malformed));
    let mut trailing = message(&[name("a.example")]);
    trailing.push(0);
    check(&records(&trailing, 1000), Err(HelloError::Malformed));
}

#[test]
fn any_single_flipped_byte_reads_without_a_panic() {
    let bytes = records(
        &message(&[name("api.example"), extension(10, &[0, 2, 0, 29])]),
        40,
    );
    for at in 0..bytes.len() {
        for flip in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            drop(read(&changed));
        }
    }
}
