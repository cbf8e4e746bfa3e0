//! Drafts of `permissions.yaml`.

use chopmark_core::permission::Manifest;
use chopmark_scan::infer;
use proptest::prelude::*;

use crate::result;

#[test]
fn what_scripts_do_is_asked_for_with_its_place_and_what_text_names_is_not() {
    let script = b"import os, requests, subprocess\nkey = os.environ['ACME_API_KEY']\nrequests.get('https://api.acme.example/v1', headers={'k': key})\nopen('/etc/hosts')\nsubprocess.run(['git', 'log'])\n";
    let found = result(&[
        (
            "SKILL.md",
            b"---\nname: a\n---\n\nSee https://docs.acme.example/ for more.\n",
        ),
        ("scripts/run.py", script),
    ]);
    let draft = infer(&found);
    let manifest = Manifest::parse(&draft).expect("the draft is a manifest");
    let hosts: Vec<_> = manifest
        .network()
        .iter()
        .map(|n| n.host().to_string())
        .collect();
    assert_eq!(hosts, ["api.acme.example"]);
    assert_eq!(manifest.secrets()[0].name().as_str(), "ACME_API_KEY");
    assert_eq!(manifest.exec()[0].program().as_str(), "git");
    assert_eq!(manifest.files()[0].path(), "/etc/hosts");
    assert!(
        draft.contains("- {host: \"api.acme.example\"} # scripts/run.py:3 (code)"),
        "{draft}"
    );
    assert!(
        draft.contains("# - {host: \"docs.acme.example\"} # SKILL.md:5 (prose)"),
        "{draft}"
    );
}

#[test]
fn a_skill_that_does_nothing_asks_for_nothing() {
    let draft = infer(&result(&[("notes.txt", b"text")]));
    assert_eq!(
        Manifest::parse(&draft).expect("a manifest"),
        Manifest::empty()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_draft_is_a_manifest(lines in prop::collection::vec("(open\\('|get\\(\"https?://|run\\(\\['|environ\\['|echo )[ -~]{0,30}('\\)|\"\\)|'\\]\\)|'\\])", 0..12)) {
        let script = lines.iter().map(|line| {
            let head = if line.starts_with("get") { "requests." } else if line.starts_with("run") { "subprocess." } else if line.starts_with("env") { "os." } else { "" };
            format!("{head}{line}\n")
        }).collect::<String>();
        let draft = infer(&result(&[("a.py", script.as_bytes()), ("b.sh", script.as_bytes())]));
        prop_assert!(Manifest::parse(&draft).is_ok(), "{}", draft);
    }
}
