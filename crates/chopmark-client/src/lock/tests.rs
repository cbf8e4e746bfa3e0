use super::*;

fn digest<K>(byte: u8) -> chopmark_core::digest::Digest<K> {
    chopmark_core::digest::Digest::from_bytes([byte; 32])
}

fn released() -> Locked {
    Locked {
        content: digest(1),
        source: Source::Log(Box::new(Released {
            origin: "log.example".to_owned(),
            registry: "https://log.example".to_owned(),
            publisher: digest(2),
            publisher_name: "author".parse().unwrap(),
            skill: "weather".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            release: digest(3),
            index: 7,
            keys: vec![digest(4)],
            checkpoint_size: 9,
            checkpoint_root: digest(5),
        })),
        grant: digest(6),
        receipt: "ab".to_owned(),
        agents: vec![Agent::Agents, Agent::Claude],
    }
}

fn lock() -> Lock {
    let mut lock = Lock::default();
    lock.insert("weather".parse().unwrap(), released());
    let source = Source::Adopted {
        adoption: "cd".to_owned(),
        expires: 3,
    };
    lock.insert(
        "b".parse().unwrap(),
        Locked {
            source,
            agents: vec![Agent::Agents],
            ..released()
        },
    );
    lock
}

#[test]
fn a_lock_comes_back_and_is_sorted() {
    let bytes = lock().to_bytes().unwrap();
    assert_eq!(Lock::parse(&bytes).unwrap(), lock());
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.find("\"folder\": \"b\"").unwrap() < text.find("\"folder\": \"weather\"").unwrap()
    );
}

#[test]
fn other_spellings_are_refused() {
    let text = String::from_utf8(lock().to_bytes().unwrap()).unwrap();
    let check = |from: &str, to: &str, code: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "`{from}` is not in the lock");
        assert_eq!(Lock::parse(changed.as_bytes()).unwrap_err().code(), code);
    };
    check("  ", "   ", "lock-not-canonical");
    check("lock/v1", "lock/v2", "lock-malformed");
    check(
        "\"agents\": [\n        \"agents\"\n      ]",
        "\"agents\": []",
        "lock-malformed",
    );
    check(
        "\"index\": 7",
        "\"index\": 7, \"more\": 1",
        "lock-malformed",
    );
    check(
        "\"folder\": \"b\"",
        "\"folder\": \"weather\"",
        "lock-not-canonical",
    );
}
