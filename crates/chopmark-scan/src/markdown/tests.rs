use super::*;

const TEXT: &str = "---\nname: a\n---\n# Title\n\nRun `curl x`.\n\n```bash\necho hi\necho ho\n```\n\n> quoted\n\n<!-- hidden\nstill -->\n\n[a](b.md)\n";

#[track_caller]
fn check(line: u32, role: Role) {
    assert_eq!(read(TEXT).roles.at(line), role, "line {line}");
}

#[test]
fn each_line_has_its_role() {
    check(2, Role::FrontMatter);
    check(4, Role::Prose);
    check(6, Role::Prose);
    check(9, Role::Fence);
    check(13, Role::Quote);
    check(16, Role::Hidden);
    check(18, Role::Prose);
}

#[test]
fn code_comes_with_its_line_and_language() {
    let document = read(TEXT);
    let expected = [("inline", 6, "curl x"), ("bash", 9, "echo hi\necho ho\n")];
    let found: Vec<_> = document
        .snippets
        .iter()
        .map(|s| (s.language.as_str(), s.line, s.code.as_str()))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(document.links, [("b.md".to_owned(), 18)]);
}

proptest::proptest! {
    #[test]
    fn any_text_has_a_role_on_each_line(text in "[-#>*`<!~\\[\\]():| a-c\n\t]{0,300}|\\PC{0,100}") {
        let document = read(&text);
        let lines = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
        for snippet in &document.snippets {
            proptest::prop_assert!(snippet.line <= lines.max(1), "{} of {lines}", snippet.line);
        }
        let _ = document.roles.at(lines);
    }
}
