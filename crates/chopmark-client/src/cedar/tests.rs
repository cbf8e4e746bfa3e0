use chopmark_core::level::Level;

use super::*;

fn facts() -> PolicyFacts {
    PolicyFacts {
        publisher: "00".into(),
        publisher_name: "author".into(),
        skill: "weather".into(),
        version: "1.0.0".into(),
        level: Level::L3,
        asks: ["listed-host".to_owned()].into(),
        hosts: ["api.example.com:443".to_owned()].into(),
        secrets: BTreeSet::new(),
        human_audits: 1,
        scans: 1,
        age_seconds: 0,
        text_confined: false,
    }
}

#[test]
fn the_shipped_policy_allows_and_forbids() {
    let policy = CedarPolicy::shipped().unwrap();
    let rules = vec!["gates-suffice".to_owned()];
    assert_eq!(policy.decide(&facts()), PolicyDecision::Allow { rules });
    let mut control = facts();
    control.asks.insert("host-control".into());
    let rules = vec!["no-host-control".to_owned()];
    assert_eq!(policy.decide(&control), PolicyDecision::Deny { rules });
    let low = PolicyFacts {
        level: Level::L0,
        ..facts()
    };
    assert_eq!(policy.decide(&low), PolicyDecision::Deny { rules: vec![] });
}

fn check(text: &str, expected: Result<(), &str>) {
    assert_eq!(
        CedarPolicy::load(text).map(|_| ()).map_err(|e| e.code()),
        expected,
        "{text}"
    );
}

#[test]
fn a_misspelt_field_is_not_loaded() {
    const PERMIT: &str = "permit(principal, action, resource);\n";
    let forbid = |field: &str| {
        format!("{PERMIT}forbid(principal, action, resource) when {{ context.{field} < 2 }};")
    };
    check(&forbid("level"), Ok(()));
    check(&forbid("levle"), Err("policy-invalid"));
    check(
        "forbid(principal, action, resource);",
        Err("policy-permits-nothing"),
    );
    check("permit(", Err("policy-syntax"));
}

#[test]
fn an_error_while_evaluating_denies() {
    // Overflow passes validation and fails at run time; Cedar itself would skip the `forbid`.
    let text = "permit(principal, action, resource);\n\
        forbid(principal, action, resource) when { context.ageSeconds + 9223372036854775807 > 5 };";
    let policy = CedarPolicy::load(text).unwrap();
    let twin = PolicyFacts {
        age_seconds: 0,
        ..facts()
    };
    assert!(matches!(policy.decide(&twin), PolicyDecision::Deny { .. }));
    let overflow = PolicyFacts {
        age_seconds: 1,
        ..facts()
    };
    assert!(matches!(
        policy.decide(&overflow),
        PolicyDecision::Error { .. }
    ));
}

#[test]
fn the_digest_names_text_and_schema() {
    let one = CedarPolicy::load(SHIPPED).unwrap().digest();
    assert_eq!(one, CedarPolicy::shipped().unwrap().digest());
    assert_ne!(
        one,
        CedarPolicy::load(&format!("{SHIPPED}\n")).unwrap().digest()
    );
}
