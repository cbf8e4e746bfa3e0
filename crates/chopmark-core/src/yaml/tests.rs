use super::*;

fn check(text: &str, expected: Result<(), &str>) {
    let limits = Limits {
        bytes: 200,
        nodes: 20,
        depth: 4,
    };
    let got = parse(text, limits)
        .map(|_| ())
        .map_err(|e| e.problem.code());
    assert_eq!(got, expected, "{text}");
}

#[test]
fn each_refusal_has_a_twin() {
    for (good, bad, code) in [
        ("a: 1\nb: 2\n", "a: 1\na: 2\n", "yaml-duplicate-key"),
        ("a: [1]\n", "a: &x [1]\n", "yaml-anchor"),
        ("a: b\n", "a: *b\n", "yaml-syntax"),
        ("a: 1\n", "a: !!str 1\n", "yaml-tag"),
        ("'a': {b: 1}\n", "<<: {b: 1}\n", "yaml-merge-key"),
        ("a: 1\n", "[a]: 1\n", "yaml-key"),
        ("---\na: 1\n", "---\na: 1\n---\nb: 1\n", "yaml-documents"),
        ("[[[[1]]]]\n", "[[[[[1]]]]]\n", "yaml-limit"),
        (
            "[1,2,3]\n",
            "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]\n",
            "yaml-limit",
        ),
        ("a: 'x'\n", "a: 'x\n", "yaml-syntax"),
    ] {
        check(good, Ok(()));
        check(bad, Err(code));
    }
    check(&"#".repeat(200), Ok(()));
    check(&"#".repeat(201), Err("yaml-limit"));
}

#[test]
fn quoting_decides_what_a_scalar_is() {
    let node = |text: &str| parse(text, Limits::HAND_WRITTEN).unwrap().unwrap();
    assert_eq!(node("true").boolean(), Some(true));
    assert_eq!(node("'true'").boolean(), None);
    assert_eq!(node("443").integer(), Some(443));
    assert_eq!(node("0443").integer(), None);
    assert_eq!(node("\"443\"").integer(), None);
    assert!(node("~").is_null() && !node("'~'").is_null());
}

#[test]
fn positions_count_from_one() {
    let root = parse("a:\n  b: c\n", Limits::HAND_WRITTEN)
        .unwrap()
        .unwrap();
    let inner = &root.mapping().unwrap()[0].1;
    assert_eq!(
        inner.mapping().unwrap()[0].1.at,
        Position { line: 2, column: 6 }
    );
}
