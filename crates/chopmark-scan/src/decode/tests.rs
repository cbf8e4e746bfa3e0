use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::*;
use crate::limit::Limit;

#[track_caller]
fn check(input: &str, expected: &[(&[&str], &str, u32)]) {
    let view = View::whole(Vec::new(), input.as_bytes().to_vec());
    let decoded = open(&view, &Config::standard());
    let found: Vec<_> = decoded
        .views
        .iter()
        .map(|view| {
            let text = String::from_utf8_lossy(&view.bytes).trim().to_owned();
            (view.steps.clone(), text, view.line_of(0))
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(steps, text, line)| (steps.to_vec(), (*text).to_owned(), *line))
        .collect();
    assert_eq!(found, expected, "{input:?}");
}

fn wrap(text: &str, times: usize) -> String {
    (0..times).fold(text.to_owned(), |text, _| BASE64_STANDARD.encode(text))
}

#[test]
fn base64_is_opened_and_words_are_not() {
    check(
        &format!("a\nx = \"{}\"", wrap("echo hello world", 1)),
        &[(&["base64"], "echo hello world", 2)],
    );
    check("internationalisation/of-the-documentation", &[]);
}

#[test]
fn layers_are_opened_in_turn() {
    let once = wrap("echo hello world", 1);
    check(
        &wrap("echo hello world", 2),
        &[
            (&["base64"], &once, 1),
            (&["base64", "base64"], "echo hello world", 1),
        ],
    );
}

#[test]
fn numbers_and_escapes_are_text() {
    check(
        "f([101, 99, 104, 111, 32, 104, 105, 33])",
        &[(&["codes"], "echo hi!", 1)],
    );
    check("f([1, 2, 3, 4, 5, 6, 7, 8, 9])", &[]);
    check(
        r#""\x65\x63\x68\x6f\x20\x68\x69""#,
        &[(&["escape"], "echo hi", 1)],
    );
    check("%65%63%68%6f%20%68%69", &[(&["url"], "echo hi", 1)]);
    check(
        &chopmark_core::digest::hex(b"echo hello world"),
        &[(&["hex"], "echo hello world", 1)],
    );
}

#[test]
fn a_fifth_layer_is_a_limit_and_a_fourth_is_not() {
    let limit = |times| {
        let view = View::whole(Vec::new(), wrap("echo hello world", times).into_bytes());
        open(&view, &Config::standard()).limits
    };
    assert_eq!(limit(4), [].into());
    assert_eq!(limit(5), [Limit::DecodeDepth].into());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_opened_within_the_limits(bytes in proptest::collection::vec(0_u8..=255, 0..400)) {
        let config = Config { max_decoded_bytes: 200, ..Config::standard() };
        let opened = open(&View::whole(Vec::new(), bytes), &config);
        let total: usize = opened.views.iter().map(|view| view.bytes.len()).sum();
        // Pieces are followed by two line breaks each.
        proptest::prop_assert!(total <= 200 * 3, "{total}");
        proptest::prop_assert!(opened.views.iter().all(|view| view.steps.len() <= 4));
    }

    #[test]
    fn any_text_of_digits_and_marks_is_opened(text in "[A-Za-z0-9+/=%\\\\xu,\\[\\]() \n]{0,400}") {
        let opened = open(&View::whole(Vec::new(), text.into_bytes()), &Config::standard());
        proptest::prop_assert!(opened.views.iter().all(|view| !view.bytes.is_empty()));
    }
}
