use super::super::line::write_line;
use super::super::parse;
use super::*;

fn event(requested: &[u8], second: &[u8]) -> Event {
    Event::Access(Access {
        time_ns: 12_345,
        pid: 2,
        program: 1,
        operation: Operation::Open,
        requested: requested.to_vec(),
        resolved: b"/work/file".to_vec(),
        second: second.to_vec(),
        device: 65_024,
        inode: u64::MAX,
        flags: 0,
        verdict: Verdict::Denied,
        rule: 9,
        errno: 13,
    })
}

fn written(event: &Event) -> String {
    let mut text = String::new();
    write_line(&mut text, 7, &[0xAB; 32], event);
    text.pop();
    text
}

#[test]
fn both_readers_agree_on_what_is_written() {
    for second in [b"".as_slice(), b"/other"] {
        let event = event("ä/file".as_bytes(), second);
        let text = written(&event);
        let line = access(text.as_bytes()).unwrap();
        assert_eq!(line.event, event);
        assert_eq!(Some(line), parse::general(text.as_bytes()));
    }
}

#[test]
fn another_form_is_left_to_the_general_reader() {
    for requested in [
        b"with \"quotes\"".as_slice(),
        b"back\\slash",
        b"line\nfeed",
        b"\xFF",
    ] {
        let event = event(requested, b"");
        let text = written(&event);
        assert_eq!(access(text.as_bytes()), None);
        assert_eq!(parse::line(text.as_bytes()).unwrap().event, event);
    }
}

#[test]
fn a_changed_byte_is_never_read_otherwise_than_by_the_general_reader() {
    let text = written(&event(b"file", b"/other"));
    for at in 0..text.len() {
        for byte in [b'"', b',', b'0', b'}', b'\\', b' ', b'x'] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = byte;
            if let Some(line) = access(&bytes) {
                assert_eq!(Some(line), parse::general(&bytes), "{at} {byte}");
            }
        }
    }
    for end in 0..text.len() {
        assert_eq!(access(&text.as_bytes()[..end]), None);
    }
}
