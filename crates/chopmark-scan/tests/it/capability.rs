//! What a skill can do in one version and not in another.

use chopmark_scan::{Change, FactKind, capability_changes};

use crate::result;

#[test]
fn a_later_version_shows_what_it_gained_and_lost() {
    let earlier = result(&[
        (
            "SKILL.md",
            b"---\nname: a\n---\n\nSee https://docs.acme.example/.\n",
        ),
        (
            "a.py",
            b"import requests\nrequests.get('https://api.acme.example/')\n",
        ),
    ]);
    let later = result(&[
        ("SKILL.md", b"---\nname: a\n---\n\nText.\n"),
        (
            "a.py",
            b"import requests\nrequests.get('https://docs.acme.example/')\nopen('/etc/hosts')\n",
        ),
    ]);
    let hosts: Vec<_> = capability_changes(&earlier, &later)
        .into_iter()
        .filter(|change| change.kind != FactKind::Download)
        .map(|change| (change.change, change.kind, change.value))
        .collect();
    assert_eq!(
        hosts,
        [
            (Change::Added, FactKind::Path, "/etc/hosts".to_owned()),
            (
                Change::IntoCode,
                FactKind::Host,
                "docs.acme.example".to_owned()
            ),
            (
                Change::Removed,
                FactKind::Host,
                "api.acme.example".to_owned()
            ),
        ]
    );
    assert_eq!(capability_changes(&earlier, &earlier), []);
}
