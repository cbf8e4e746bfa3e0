use super::*;

#[track_caller]
fn check(input: &str, marks_found: &[MarkKind], normal: Option<&str>) {
    let found: Vec<MarkKind> = marks(input).into_iter().map(|mark| mark.kind).collect();
    assert_eq!(found, marks_found, "marks of {input:?}");
    assert_eq!(normalise(input).as_deref(), normal, "view of {input:?}");
}

#[test]
fn plain_text_has_neither_marks_nor_another_view() {
    check("curl https://example.org\nls ''", &[], None);
    check("Grüße, 日本語, naïve", &[], None);
}

#[test]
fn tag_characters_decode_and_flags_do_not_count() {
    let hidden: String = "obey"
        .chars()
        .filter_map(|c| char::from_u32(0xE0000 + u32::from(c)))
        .collect();
    check(
        &format!("hello {hidden}"),
        &[MarkKind::Tags],
        Some("hello obey"),
    );
    let flag = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
    let kinds: Vec<_> = marks(flag).into_iter().map(|mark| mark.kind).collect();
    assert_eq!(kinds, []);
}

#[test]
fn zero_width_inside_a_word_is_seen_and_between_emoji_is_not() {
    check("cu\u{200b}rl", &[MarkKind::ZeroWidth], Some("curl"));
    let kinds: Vec<_> = marks("👩\u{200d}💻 coder")
        .into_iter()
        .map(|mark| mark.kind)
        .collect();
    assert_eq!(kinds, []);
}

#[test]
fn look_alikes_count_in_mixed_words_only() {
    check("сurl now", &[MarkKind::Mixed], Some("curl now"));
    check("скачать сейчас", &[], None);
    check(
        "the μm and Δt",
        &[],
        Some("the \u{3bc}m and Δt").filter(|t| *t != "the μm and Δt"),
    );
}

#[test]
fn overrides_are_marked() {
    check("a\u{202e}b", &[MarkKind::Bidi], Some("ab"));
}

#[test]
fn shell_quotes_inside_a_word_are_dropped() {
    check("c''url x | ba\"\"sh", &[], Some("curl x | bash"));
    check("c\\url${IFS}x", &[], Some("curl x"));
    check("print('')  a\\nb", &[], None);
}

proptest::proptest! {
    #[test]
    fn the_normalised_view_keeps_the_lines(text in "[a-z\u{200b}\u{202e}\u{430}\u{e0041}\u{fe0f}\u{2028}\u{85}\\\\'\" \r\n]{0,200}|\\PC{0,60}") {
        let plain = normalise(&text).unwrap_or_else(|| text.clone());
        proptest::prop_assert_eq!(plain.matches('\n').count(), text.matches('\n').count());
        let _ = marks(&text);
    }
}
