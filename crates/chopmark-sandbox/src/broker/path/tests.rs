use super::{check, is_under};

#[test]
fn plain_paths_and_their_ambiguous_twins() {
    for (plain, ambiguous) in [
        ("/", ""),
        ("/", "*"),
        ("/v1/x", "//v1/x"),
        ("/v1/x", "http://other/v1/x"),
        ("/v1/...", "/v1/.."),
        ("/v1/.x/a", "/v1/./a"),
        ("/v1/..x/a", "/v1/../a"),
        ("/v1/x;..", "/v1/..;x/a"),
        ("/v1/%2Da", "/v1/%2ea"),
        ("/v1/a%20b", "/v1/a%2fb"),
        ("/v1/a%20b", "/v1/a%5Cb"),
        ("/v1/a|b", "/v1/a\\b"),
        ("/v1/a%20b", "/v1/a%00b"),
        ("/v1/a%20b", "/v1/a%0Ab"),
        ("/v1/a%25", "/v1/a%252e"),
        ("/v1/100%25zz", "/v1/100%2541"),
        ("/v1/100%25", "/v1/100%"),
        ("/v1/a%20", "/v1/a%2"),
        ("/v1/a%20", "/v1/a%zz"),
        ("/v1/%C3%A9", "/v1/%C0%AE"),
        ("/v1/%C3%A9", "/v1/é"),
        ("/v1/a", "/v1/a b"),
    ] {
        assert!(check(plain).is_ok(), "{plain}");
        assert!(check(ambiguous).is_err(), "{ambiguous}");
    }
}

#[test]
fn prefixes_end_at_segments() {
    for (prefix, inside, outside) in [
        ("/", "/anything", "x"),
        ("/v1/", "/v1/", "/v1"),
        ("/v1/", "/v1/a", "/v10/a"),
        ("/v1", "/v1", "/v10"),
        ("/v1", "/v1/a", "/V1/a"),
        ("/a/b", "/a/b/c", "/a/bc"),
    ] {
        assert!(is_under(inside, prefix), "{prefix} {inside}");
        assert!(!is_under(outside, prefix), "{prefix} {outside}");
    }
}
