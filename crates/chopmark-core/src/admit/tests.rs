//! The gates, each with a twin that differs by one fact; and receipts that replay.

use super::*;
use crate::{
    digest::{BlobDigest, ResultDigest},
    evidence::{Recorder, collect},
    kernel::Rescan,
    receipt::{ConsentClass, Receipt, ReceiptError, Surroundings, payload, reach},
    record::{Audit, Body, Criterion, Method, Relation, Yank, YankReason},
    requirement::Shipped,
};

use world::{AllowAll, Fixed, Who, World, audit, scan, veto, vouch};

mod world;

#[test]
fn complete_evidence_is_admitted_at_l3() {
    let world = World::complete();
    assert_eq!((world.code(), world.level()), ("admitted", Level::L3));
    let verdict = world.decide().verdict.unwrap();
    assert_eq!(verdict.human.paths(), [["@voucher", "@auditor"]]);
}

#[test]
fn without_a_human_audit_a_secret_is_refused_in_one_sentence() {
    let mut world = World::bare();
    let content = world.content;
    world.say(&scan(content, b"result", 0), Who::Auditor);
    world.say(&vouch(world.auditor.id, 0), Who::Voucher);
    let refusal = world.decide().outcome.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "needs L3 (asks TOKEN → api.example.com:443); has L2; \
         missing: one human audit that your roots reach; \
         nearest: @auditor, vouched for by @voucher"
    );
    assert_eq!(refusal.code(), "level-too-low");
    world.say(&Body::Audit(audit(content)), Who::Auditor);
    assert_eq!(world.code(), "admitted");
}

#[test]
fn a_vouch_is_what_makes_an_auditor_count() {
    let mut world = World::bare();
    let content = world.content;
    world.say(&scan(content, b"result", 0), Who::Auditor);
    world.say(&Body::Audit(audit(content)), Who::Auditor);
    assert_eq!((world.code(), world.level()), ("level-too-low", Level::L1));
    world.say(&vouch(world.auditor.id, 0), Who::Voucher);
    assert_eq!((world.code(), world.level()), ("admitted", Level::L3));
}

#[test]
fn a_publisher_cannot_review_itself() {
    let mut world = World::bare();
    let content = world.content;
    world.say(&scan(content, b"result", 0), Who::Author);
    world.say(&Body::Audit(audit(content)), Who::Author);
    world.say(&vouch(world.author.id, 0), Who::Voucher);
    assert_eq!((world.code(), world.level()), ("level-too-low", Level::L1));
}

#[test]
fn the_scan_must_be_what_this_host_got() {
    let mut world = World::complete();
    assert_eq!(world.level(), Level::L3);
    world.request.rescan = Some(Rescan {
        result: ResultDigest::of(b"other"),
        high: 0,
    });
    assert_eq!(world.level(), Level::L1);
    world.request.rescan = None;
    assert_eq!(world.level(), Level::L1);
    world.request.rescan = Some(Rescan {
        result: ResultDigest::of(b"result"),
        high: 1,
    });
    assert_eq!(world.level(), Level::L1);
}

#[test]
fn an_audit_must_cover_all_files_and_what_is_asked() {
    type Edit = fn(&mut Audit);
    let edits: [(Edit, Level); 7] = [
        (|_| (), Level::L3),
        (|a| a.files_examined = 2, Level::L2),
        (|a| (a.files_examined, a.files_total) = (2, 2), Level::L2),
        (|a| a.method = Method::Model, Level::L2),
        (|a| a.relation = Relation::Paid, Level::L2),
        (|a| a.criteria = [Criterion::SafeToRead].into(), Level::L2),
        (|a| a.counts.high = 1, Level::L1),
    ];
    for (edit, expected) in edits {
        let mut world = World::bare();
        let mut body = audit(world.content);
        edit(&mut body);
        world.say(&scan(world.content, b"result", 0), Who::Auditor);
        world.say(&Body::Audit(body.clone()), Who::Auditor);
        world.say(&vouch(world.auditor.id, 0), Who::Voucher);
        assert_eq!(world.level(), expected, "{body:?}");
    }
}

#[test]
fn a_root_vetoes() {
    let mut world = World::complete();
    assert_eq!(world.code(), "admitted");
    let content = world.content;
    // A single organisation that is only vouched for is not enough.
    world.say(&veto(content), Who::Auditor);
    assert_eq!(world.code(), "admitted");
    world.say(&veto(content), Who::Voucher);
    assert_eq!(world.code(), "vetoed");
}

#[test]
fn plain_cosignatures_leave_the_state_unproved() {
    let mut world = World::complete();
    world.plain = vec![4];
    assert_eq!(world.code(), "admitted");
    world.plain = vec![1, 2, 3];
    assert_eq!((world.code(), world.level()), ("state-unproved", Level::L0));
}

#[test]
fn the_roots_name_the_log() {
    let mut world = World::complete();
    assert_eq!(world.code(), "admitted");
    world.charter = Some(StatementId::of(b"another charter"));
    assert_eq!(world.code(), "roots-other-log");
}

#[test]
fn clocks_and_dates() {
    let mut world = World::complete();
    let time = world.evidence().checkpoint.witness_time;
    for (clock, code) in [
        (time, "admitted"),
        (time + 86_400, "admitted"),
        (time + 86_401, "evidence-stale"),
        (time - 300, "admitted"),
        (time - 301, "clock-behind"),
        (2_000_000_000, "evidence-stale"),
        (2_000_000_001, "roots-expired"),
    ] {
        world.request.clock = clock;
        assert_eq!(world.code(), code, "{clock}");
    }
}

#[test]
fn the_cool_down_is_the_presets() {
    let mut world = World::complete();
    assert_eq!(world.level(), Level::L3);
    world.preset = Shipped::Personal;
    assert_eq!(world.level(), Level::L1);
    world.log.time += 400 * 86_400;
    world.log.seal();
    // The scan is then too old; the cool-down is over.
    let verdict = world.decide().verdict.unwrap();
    assert!(verdict.age >= verdict.cool_down && verdict.cool_down > 0);
}

#[test]
fn a_yanked_release_is_refused() {
    let mut world = World::complete();
    assert_eq!(world.code(), "admitted");
    let release = world.evidence().release;
    world.say(
        &Body::Yank(Yank {
            content: world.content,
            skill: "weather".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            release: release.id,
            reason: YankReason::Defective,
        }),
        Who::Author,
    );
    assert_eq!(world.code(), "release-yanked");
}

#[test]
fn a_policy_adds_refusals_and_its_errors_deny() {
    let world = World::complete();
    let code = |decision| {
        let policy = Fixed(decision);
        let decision = admit(&world.evidence(), &world.roots(), &policy, &world.request);
        decision
            .outcome
            .map_or_else(|refusal| refusal.code(), |_| "admitted")
    };
    assert_eq!(code(PolicyDecision::Allow { rules: vec![] }), "admitted");
    assert_eq!(
        code(PolicyDecision::Deny { rules: vec![] }),
        "policy-denied"
    );
    assert_eq!(
        code(PolicyDecision::Error {
            problem: String::new()
        }),
        "policy-error"
    );
}

#[test]
fn i9_sybil_bound() {
    // One tricked auditor vouches for thirty of its own: the count grows by nothing.
    let mut world = World::complete();
    world.say(&vouch(world.auditor.id, 7), Who::Voucher);
    let before = world.decide().verdict.unwrap().human.value();
    for seed in 0..30u8 {
        let sybil = world.log.identity(40 + seed, &format!("sybil{seed:02}"));
        let content = world.content;
        world.say(&vouch(sybil.id, 7), Who::Auditor);
        world
            .log
            .push(&sybil.sign(&Body::Audit(audit(content))))
            .unwrap();
    }
    world.log.seal();
    assert_eq!(world.decide().verdict.unwrap().human.value(), before);
}

#[test]
fn i10_withholding_clean_audits_only_lowers() {
    let full = World::complete();
    let evidence = full.evidence();
    for at in 0..evidence.statements.len() {
        let mut less = evidence.clone();
        less.statements.remove(at);
        let verdict = admit(&less, &full.roots(), &AllowAll, &full.request)
            .verdict
            .unwrap();
        assert!(verdict.level <= full.level());
    }
}

#[test]
fn i11_deterministic_under_order() {
    let world = World::complete();
    let evidence = world.evidence();
    let mut turned = evidence.clone();
    turned.statements.reverse();
    turned.vouches.reverse();
    let verdict = |e| {
        admit(e, &world.roots(), &AllowAll, &world.request)
            .verdict
            .unwrap()
    };
    assert_eq!(verdict(&evidence), verdict(&turned));
}

#[test]
fn i16_receipts_replay_for_ever() {
    let mut world = World::complete();
    let contact = world.log.first_contact(&[]);
    let roots = world.roots();
    let recorder = Recorder::new(&world.log);
    let evidence = collect(&recorder, &contact, &reach(&roots), &world.query()).unwrap();
    let bundle = recorder.into_bundle().bytes().unwrap();
    let decision = admit(&evidence, &roots, &AllowAll, &world.request);
    let around = Surroundings {
        host: world.voucher.key().public().digest(),
        query: world.query(),
        bundle: BlobDigest::of(&bundle),
        consent: ConsentClass::TerminalUnattested,
        grant: None,
        previous: None,
    };
    let bytes = payload(
        &evidence,
        &roots,
        &AllowAll,
        &world.request,
        &decision,
        &around,
    )
    .unwrap();

    // What happens later changes later decisions only.
    world.say(&veto(world.content), Who::Voucher);
    world.log.rotate(&mut world.author);
    assert_eq!(world.code(), "vetoed");

    let receipt = Receipt::parse(&bytes).unwrap();
    let replayed = receipt
        .replay(&bundle, &contact, &roots, &AllowAll)
        .unwrap();
    assert!(replayed.outcome.is_ok());
    assert!(receipt.explain()[0].ends_with("was admitted"));

    // A receipt with one fact changed does not replay.
    let text = String::from_utf8(bytes).unwrap();
    let forged = text.replace("\"verifiedLevels\":[\"L3\"]", "\"verifiedLevels\":[\"L5\"]");
    assert_ne!(forged, text);
    let forged = Receipt::parse(forged.as_bytes()).unwrap();
    assert!(matches!(
        forged.replay(&bundle, &contact, &roots, &AllowAll),
        Err(ReceiptError::Differs { .. })
    ));
    let other = Fixed(PolicyDecision::Allow { rules: vec![] });
    assert!(matches!(
        receipt.replay(&bundle, &contact, &roots, &other),
        Err(ReceiptError::OtherInput("policy"))
    ));
}

#[test]
fn adoptions_are_of_exact_bytes_and_end() {
    let (a, b) = (ContentDigest::of(b"a"), ContentDigest::of(b"b"));
    let code = |content, expires, now| {
        adopt(content, a, 0, expires, now).map_or_else(|r| r.code(), |_| "admitted")
    };
    assert_eq!(code(a, 10, 9), "admitted");
    assert_eq!(code(b, 10, 9), "adoption-other-content");
    assert_eq!(code(a, 10, 10), "adoption-expired");
    assert_eq!(code(a, 90 * 86_400, 9), "admitted");
    assert_eq!(code(a, 90 * 86_400 + 1, 9), "adoption-too-long");
    let Ok(Admission::Unsigned(admitted)) = adopt(a, a, 0, 10, 9) else {
        panic!("not admitted");
    };
    assert_eq!(admitted.expires(), 10);
}
