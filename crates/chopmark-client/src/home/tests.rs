use super::*;

fn check(variables: &[(&str, &str)], expected: Option<[&str; 3]>) {
    let home = Home::from_environment(|name| {
        variables
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| OsString::from(value))
    });
    let found = home
        .as_ref()
        .map(|home| [home.config(), home.data(), home.state()]);
    assert_eq!(found, expected.map(|paths| paths.map(Path::new)));
}

#[test]
fn folders_follow_the_environment() {
    check(&[], None);
    check(&[("HOME", "relative")], None);
    check(
        &[("HOME", "/h")],
        Some([
            "/h/.config/chopmark",
            "/h/.local/share/chopmark",
            "/h/.local/state/chopmark",
        ]),
    );
    check(
        &[
            ("HOME", "/h"),
            ("XDG_DATA_HOME", "/d"),
            ("XDG_STATE_HOME", "not/absolute"),
        ],
        Some([
            "/h/.config/chopmark",
            "/d/chopmark",
            "/h/.local/state/chopmark",
        ]),
    );
    check(
        &[("HOME", "/h"), ("CHOPMARK_HOME", "/c")],
        Some(["/c/config", "/c/data", "/c/state"]),
    );
}
