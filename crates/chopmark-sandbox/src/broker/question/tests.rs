use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Answer, read};

const FOUR: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
const SIX: Ipv6Addr = Ipv6Addr::new(0xfd63, 0, 0, 0, 0, 0, 0, 1);

/// A query for `labels` with identifier 0x1234, recursion desired, and an OPT record behind it.
fn query(labels: &[&[u8]], kind: u16) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 1, 0x20, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in labels {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(*label);
    }
    message.push(0);
    message.extend(kind.to_be_bytes());
    message.extend([0, 1]);
    message.extend([0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 0]);
    message
}

/// Code, number of answers and the data of the last one.
fn told(reply: &[u8]) -> (u8, u8, Vec<u8>) {
    assert_eq!(reply[..3], [0x12, 0x34, 0x85]);
    let data = match reply[7] {
        0 => Vec::new(),
        _ if reply.ends_with(&FOUR.octets()) => FOUR.octets().to_vec(),
        _ => SIX.octets().to_vec(),
    };
    (reply[3] & 15, reply[7], data)
}

#[test]
fn addresses_for_both_kinds_and_nothing_of_another() {
    let answer = Answer::Addresses(FOUR, SIX);
    for (kind, count, data) in [
        (1, 1, FOUR.octets().to_vec()),
        (28, 1, SIX.octets().to_vec()),
        (65, 0, Vec::new()),
        (16, 0, Vec::new()),
    ] {
        let question = read(&query(&[b"API", b"test"], kind)).unwrap();
        assert_eq!(question.name, "api.test");
        assert_eq!(told(&question.reply(answer)), (0, count, data));
        assert_eq!(
            told(&question.reply(Answer::NoSuchName)),
            (3, 0, Vec::new())
        );
        assert_eq!(told(&question.reply(Answer::Failed)), (2, 0, Vec::new()));
    }
}

/// What is answered to a message that is no question; `None` for nothing at all.
#[track_caller]
fn check(message: &[u8], code: Option<u8>) {
    let refused = read(message).unwrap_err();
    assert_eq!(refused.get(3).map(|code| code & 15), code, "{refused:?}");
}

#[test]
fn messages_that_are_no_questions() {
    let good = query(&[b"a", b"test"], 1);
    let changed = |at: usize, byte: u8| {
        let mut message = good.clone();
        message[at] = byte;
        message
    };
    assert!(read(&good).is_ok());
    check(&good[..11], None);
    check(&changed(2, 0x81), None);
    check(&changed(2, 0x29), Some(4));
    check(&changed(5, 2), Some(1));
    check(&changed(12, 0xC0), Some(1));
    check(&changed(13, b' '), Some(1));
    check(&changed(12, 40), Some(1));
    check(&changed(22, 3), Some(4));
    check(&good[..22], Some(1));
    check(&query(&[], 1), Some(1));
    check(&query(&[b"x".repeat(63).as_slice(); 5], 1), Some(1));
}
