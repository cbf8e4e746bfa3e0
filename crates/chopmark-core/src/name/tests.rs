use super::*;

fn check(text: &str, expected: bool) {
    assert_eq!(text.parse::<Name>().is_ok(), expected, "{text}");
}

#[test]
fn names_and_their_twins() {
    for (text, expected) in [
        ("ab", true),
        ("a", false),
        ("a-b", true),
        ("a--b", false),
        ("-ab", false),
        ("ab-", false),
        ("aB", false),
        ("a_b", false),
        ("é1", false),
        (&"a".repeat(39), true),
        (&"a".repeat(40), false),
    ] {
        check(text, expected);
    }
}

#[test]
fn skeletons_join_look_alikes() {
    let skeleton = |text: &str| text.parse::<Name>().unwrap().skeleton();
    assert_eq!(skeleton("pay-pa1"), skeleton("paypai"));
    assert_eq!(skeleton("g00gle"), skeleton("google"));
    assert_ne!(skeleton("google"), skeleton("goggle"));
}

#[test]
fn skill_names_may_be_one_byte() {
    assert!("a".parse::<SkillName>().is_ok());
    assert!(&"a".repeat(65).parse::<SkillName>().is_err());
}
