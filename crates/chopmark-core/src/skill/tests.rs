use super::*;

const GOOD: &str = "---\nname: weather\ndescription: Says the weather.\n---\n# Weather\n";

fn codes(text: &str) -> Vec<&'static str> {
    let skill = read(Some(text.as_bytes()), Some("weather"));
    skill
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.problem.code())
        .collect()
}

#[test]
fn a_plain_skill_has_nothing_to_say_about() {
    let skill = read(Some(GOOD.as_bytes()), Some("weather"));
    assert_eq!(skill.diagnostics, []);
    assert_eq!(skill.name.as_deref(), Some("weather"));
    assert_eq!(skill.description.as_deref(), Some("Says the weather."));
    assert!(skill.refusal().is_none());
}

/// Each row differs from [`GOOD`] by one fact.
#[test]
fn what_readers_could_take_otherwise_refuses() {
    let long = "x".repeat(1025);
    for (from, to, code) in [
        ("---\nname", "name", "skill-no-front-matter"),
        ("weather.\n---\n", "weather.\n", "skill-front-matter-open"),
        ("Says the", "says: the", "skill-yaml"),
        ("name: weather\n", "", "skill-field-missing"),
        ("Says the weather.", "", "skill-field-missing"),
        ("Says the weather.", "[a, b]", "skill-field-shape"),
        ("Says the weather.", long.as_str(), "skill-field-length"),
        ("name: weather", "name: forecast", "skill-name-other"),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_eq!(codes(&text), [code], "{text}");
        assert!(
            read(Some(text.as_bytes()), Some("weather"))
                .refusal()
                .is_some()
        );
    }
    let upper = GOOD.replace("name: weather", "name: Weather");
    assert_eq!(codes(&upper), ["skill-name", "skill-name-other"]);
    assert_eq!(
        read(None, None).diagnostics[0].problem.code(),
        "skill-missing"
    );
    assert_eq!(
        read(Some(b"---\nname: \xff"), None).diagnostics[0]
            .problem
            .code(),
        "skill-not-utf8"
    );
}

#[test]
fn what_every_reader_takes_alike_is_a_warning() {
    for (text, code) in [
        (format!("\u{feff}{GOOD}"), "skill-byte-order-mark"),
        (GOOD.replace('\n', "\r\n"), "skill-carriage-returns"),
        (
            GOOD.replace("name: weather", "name: weather\nversion: 2"),
            "skill-field-unknown",
        ),
    ] {
        let skill = read(Some(text.as_bytes()), Some("weather"));
        assert_eq!(codes(&text), [code]);
        assert!(skill.refusal().is_none());
        assert_eq!(skill.description.as_deref(), Some("Says the weather."));
    }
}

#[test]
fn positions_are_those_of_the_file() {
    let text = GOOD.replace("Says the weather.", "[a, b]");
    let skill = read(Some(text.as_bytes()), None);
    assert_eq!(
        skill.diagnostics[0].at,
        Position {
            line: 3,
            column: 14
        }
    );
}

#[test]
fn tools_are_read_from_a_text_and_from_a_list() {
    for tools in [
        "Bash(git:*) Read",
        "[\"Bash(git:*)\", Read]",
        "Bash(git:*), Read",
    ] {
        let text = GOOD.replace("name:", &format!("allowed-tools: {tools}\nname:"));
        let skill = read(Some(text.as_bytes()), None);
        assert_eq!(skill.allowed_tools, ["Bash(git:*)", "Read"], "{tools}");
        assert_eq!(skill.diagnostics, []);
    }
}
