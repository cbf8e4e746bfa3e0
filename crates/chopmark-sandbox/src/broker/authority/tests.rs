use super::Authority;

fn check(text: &str, expected: Option<&str>) {
    let parsed = Authority::parse(text, Some(443)).map(|authority| authority.to_string());
    assert_eq!(parsed.as_deref(), expected, "{text}");
}

#[test]
fn authorities_and_their_refused_twins() {
    check("API.example:8443", Some("api.example:8443"));
    check("api.example", Some("api.example:443"));
    check("api_x.example:1", Some("api_x.example:1"));
    check("[2001:DB8::1]:1", Some("[2001:db8::1]:1"));
    check("[::1]", Some("[::1]:443"));
    check("192.0.2.1:80", Some("192.0.2.1:80"));
    check("0xfg.example", Some("0xfg.example:443"));
    check("1.2.3.4a", Some("1.2.3.4a:443"));
    for refused in [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.01",
        "a.0x",
        "1.2.3.4.5",
        "",
        ":443",
        "api.example:",
        "api.example:+80",
        "api.example:65536",
        "api.example.:443",
        "user@api.example:443",
        "a..example:443",
        "api.example/x:443",
        "bücher.example:443",
        "::1",
        "::1:443",
        "[::1:443",
        "[api.example]:443",
        "[::1%eth0]:443",
    ] {
        check(refused, None);
    }
}
