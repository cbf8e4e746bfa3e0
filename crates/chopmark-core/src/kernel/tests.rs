//! The kernel's invariants, over random graphs of organisations and what they say.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
};

use proptest::prelude::*;

use super::*;
use crate::{admit::admit, digest::IdentityId, score::score};

use case::{Act, Allow, Case, ORGANISATIONS, acts, cases, request};

mod case;

/// A case that reaches L4 at least now and then would prove nothing about levels if it never did.
#[test]
fn cases_reach_every_level_that_the_kernel_gives() {
    let mut case = Case {
        acts: vec![
            Act::Vouch {
                from: 1,
                to: 2,
                depth: 0,
                veto_too: true,
            },
            Act::Vouch {
                from: 3,
                to: 4,
                depth: 0,
                veto_too: true,
            },
        ],
        roots: BTreeMap::from([(1, (1, 1)), (3, (1, 1))]),
        merged: Vec::new(),
        salt: 0,
    };
    assert_eq!(case.verdict().level, Level::L1);
    case.acts.push(Act::Scan {
        by: 2,
        engine: 0,
        high: false,
        same: true,
    });
    assert_eq!(case.verdict().level, Level::L2);
    case.acts.push(Act::Audit {
        by: 2,
        high: false,
        full: true,
    });
    assert_eq!(case.verdict().level, Level::L3);
    case.acts.push(Act::Audit {
        by: 4,
        high: false,
        full: true,
    });
    assert_eq!(case.verdict().level, Level::L4);
    assert_eq!(case.verdict().human.cut().len(), 2);
    case.acts.push(Act::Veto { by: 2 });
    assert!(case.verdict().veto.is_none());
    case.acts.push(Act::Veto { by: 4 });
    assert!(matches!(
        case.verdict().veto,
        Some(VetoGround::Reached { disjoint: 2, .. })
    ));
}

#[test]
fn a_root_of_great_capacity_speaks_once() {
    let mut case = Case {
        acts: vec![
            Act::Audit {
                by: 1,
                high: false,
                full: true,
            },
            Act::Audit {
                by: 1,
                high: false,
                full: true,
            },
            Act::Scan {
                by: 1,
                engine: 0,
                high: false,
                same: true,
            },
            Act::Scan {
                by: 1,
                engine: 1,
                high: false,
                same: true,
            },
        ],
        roots: BTreeMap::from([(1, (3, 3))]),
        merged: Vec::new(),
        salt: 0,
    };
    let verdict = case.verdict();
    assert_eq!((verdict.human.value(), verdict.automated.value()), (1, 1));
    // Its capacity carries two others whom it vouches for.
    for to in [2, 3] {
        case.acts.push(Act::Vouch {
            from: 1,
            to,
            depth: 0,
            veto_too: false,
        });
        case.acts.push(Act::Audit {
            by: to,
            high: false,
            full: true,
        });
    }
    assert_eq!(case.verdict().human.value(), 3);
    case.roots = BTreeMap::from([(1, (1, 3))]);
    assert_eq!(case.verdict().human.value(), 1);
}

#[test]
fn depth_is_how_many_vouches_may_follow() {
    let chain = |root_depth, vouch_depth| {
        let case = Case {
            acts: vec![
                Act::Vouch {
                    from: 1,
                    to: 2,
                    depth: vouch_depth,
                    veto_too: false,
                },
                Act::Vouch {
                    from: 2,
                    to: 3,
                    depth: 0,
                    veto_too: false,
                },
                Act::Audit {
                    by: 3,
                    high: false,
                    full: true,
                },
            ],
            roots: BTreeMap::from([(1, (1, root_depth))]),
            merged: Vec::new(),
            salt: 0,
        };
        case.verdict().human.value()
    };
    assert_eq!(chain(2, 1), 1);
    assert_eq!(chain(1, 1), 0, "the root lets one vouch follow");
    assert_eq!(chain(2, 0), 0, "the vouch lets none follow");
    assert_eq!(chain(0, 1), 0);
}

#[test]
fn i14_quorums_count_organisations() {
    let mut case = Case {
        acts: vec![
            Act::Vouch {
                from: 1,
                to: 2,
                depth: 0,
                veto_too: true,
            },
            Act::Vouch {
                from: 3,
                to: 4,
                depth: 0,
                veto_too: true,
            },
            Act::Audit {
                by: 2,
                high: false,
                full: true,
            },
            Act::Audit {
                by: 4,
                high: false,
                full: true,
            },
            Act::Veto { by: 2 },
            Act::Veto { by: 4 },
        ],
        roots: BTreeMap::from([(1, (1, 1)), (3, (1, 1))]),
        merged: Vec::new(),
        salt: 0,
    };
    assert_eq!(case.verdict().human.value(), 2);
    assert!(case.verdict().veto.is_some());
    case.merged = vec![(2, 4)];
    assert_eq!(case.verdict().human.value(), 1);
    assert!(case.verdict().veto.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Renaming everyone consistently changes names in the verdict and nothing else.
    #[test]
    fn i4_isomorphic_under_renaming(case in cases(), salt in 1_u8..) {
        let renamed = Case { salt, ..case.clone() };
        prop_assert_eq!(case.shape(), renamed.shape());
    }

    /// T1: what the roots do not reach changes nothing.
    #[test]
    fn i9_sybil_bound_outside(case in cases(), sybil_acts in acts(20)) {
        let mut more = case.clone();
        more.acts.extend(sybil_acts.into_iter().map(|act| match act {
            // Sybils are organisations that nobody here knows: 100 and up. They may vouch for
            // anyone.
            Act::Vouch { from, to, depth, veto_too } => {
                Act::Vouch { from: from + 100, to, depth: depth + 3, veto_too }
            }
            Act::Scan { by, engine, high, same } => {
                Act::Scan { by: by + 100, engine, high, same }
            }
            Act::Audit { by, high, full } => Act::Audit { by: by + 100, high, full },
            Act::Veto { by } => Act::Veto { by: by + 100 },
        }));
        let known = |verdict: Verdict, of: &Case| {
            let ids: BTreeSet<StatementId> = of.verdict().statements.into_keys().collect();
            let mut verdict = verdict;
            verdict.statements.retain(|id, _| ids.contains(id));
            verdict
        };
        prop_assert_eq!(known(more.verdict(), &case), case.verdict());
    }

    /// T2: who tricks some organisations gains at most what those can carry.
    #[test]
    fn i9_sybil_bound_captured(
        case in cases(),
        tricked in prop::collection::btree_set(1..ORGANISATIONS, 1..3),
        sybils in 1_u8..20,
    ) {
        let mut captured = case.clone();
        for sybil in 100..100 + sybils {
            for from in &tricked {
                captured.acts.push(Act::Vouch { from: *from, to: sybil, depth: 7, veto_too: false });
            }
            captured.acts.push(Act::Vouch {
                from: sybil, to: 100 + (sybil + 1) % sybils, depth: 7, veto_too: false,
            });
            captured.acts.push(Act::Audit { by: sybil, high: false, full: true });
            captured.acts.push(Act::Scan { by: sybil, engine: sybil, high: false, same: true });
        }
        let roots = case.roots();
        let organisations: BTreeSet<IdentityId> =
            tricked.iter().map(|t| roots.organisation(case.id(*t))).collect();
        let carried: u32 = organisations
            .iter()
            .map(|o| roots.roots().get(o).map_or(1, |root| NonZeroU32::get(root.capacity)))
            .sum();
        let (before, after) = (case.verdict(), captured.verdict());
        prop_assert!(after.human.value() <= before.human.value() + carried);
        prop_assert!(after.automated.value() <= before.automated.value() + carried);
        prop_assert!(after.automated.value() <= 2, "engine families, not identities");
    }

    /// Withholding clean audits and scans never raises the level.
    #[test]
    fn i10_monotone(case in cases(), keep in prop::collection::vec(any::<bool>(), 28)) {
        let mut less = case.clone();
        let mut keep = keep.into_iter();
        less.acts.retain(|act| keep.next().unwrap_or(true) || !act.is_clean_audit());
        prop_assert!(less.verdict().level <= case.verdict().level);
        prop_assert!(less.verdict().human.value() <= case.verdict().human.value());
    }

    /// The order in which evidence is given changes nothing.
    #[test]
    fn i11_deterministic(case in cases(), turn in 0_usize..28) {
        let evidence = case.evidence();
        let mut turned = evidence.clone();
        turned.statements.reverse();
        turned.vouches.reverse();
        let at = turn.min(turned.statements.len());
        turned.statements.rotate_left(at);
        let judge = |evidence| evaluate(evidence, &case.roots(), &request()).unwrap();
        prop_assert_eq!(judge(&evidence), judge(&turned));
    }

    /// Every input gets an answer, however extreme its numbers.
    #[test]
    fn i12_total(
        case in cases(), clock: u64, max_age: u64, witness_time: u64, log_time: u64,
        files: u64, depth: u64, replayed: bool, yanked: Option<u64>,
    ) {
        let mut evidence = case.evidence();
        evidence.checkpoint.witness_time = witness_time;
        evidence.checkpoint.replayed = replayed;
        evidence.release.log_time = log_time;
        evidence.yanked = yanked;
        for vouch in &mut evidence.vouches {
            vouch.body.depth = depth;
            vouch.body.expires = Some(log_time);
        }
        for stated in &mut evidence.statements {
            stated.log_time = log_time;
        }
        let request = Request { clock, max_age, files, ..request() };
        let decision = admit(&evidence, &case.roots(), &Allow, &request);
        prop_assert!(decision.outcome.is_err() || replayed && yanked.is_none());
    }

    /// The score is a function of the verdict that nothing in the decision sees: two hosts that
    /// differ in all its other terms alone decide alike.
    #[test]
    fn i13_score_inert(case in cases(), earlier in 0_usize..12) {
        let evidence = case.evidence();
        let mut older = evidence.clone();
        older.release.index = 100;
        older.releases = vec![evidence.release.clone(); earlier];
        let decide = |evidence| admit(evidence, &case.roots(), &Allow, &request());
        let (a, b) = (decide(&evidence), decide(&older));
        prop_assert_eq!(a.verdict.as_ref(), b.verdict.as_ref());
        prop_assert_eq!(a.facts, b.facts);
        prop_assert_eq!(a.outcome.map(|_| ()), b.outcome.map(|_| ()));
        let verdict = a.verdict.unwrap();
        let (a, b) = (score(&evidence, &verdict), score(&older, &verdict));
        let counted = u64::try_from(earlier.min(10)).unwrap();
        let shown = verdict.veto.is_none() && verdict.level > Level::L0;
        prop_assert_eq!(b.total - a.total, if shown { counted } else { 0 });
        prop_assert_eq!(a.total / 1600, if shown { u64::from(verdict.level.number()) } else { 0 });
        prop_assert_eq!(a.total, a.terms.iter().map(|(_, part)| part).sum::<u64>());
    }

    /// A count never passes the number of distinct organisations that spoke, nor what its paths
    /// and its cut show.
    #[test]
    fn i14_counts_are_of_organisations(case in cases()) {
        let (verdict, roots) = (case.verdict(), case.roots());
        let evidence = case.evidence();
        let speakers: BTreeSet<IdentityId> = evidence
            .statements
            .iter()
            .filter(|s| verdict.statements.get(&s.id) == Some(&None))
            .filter(|s| matches!(s.body, Body::Audit(_)))
            .map(|s| roots.organisation(s.issuer))
            .collect();
        let human = &verdict.human;
        let value = usize::try_from(human.value()).unwrap();
        prop_assert!(value <= speakers.len());
        prop_assert_eq!(value, human.paths().len());
        prop_assert!(human.cut().len() <= value);
        let last: BTreeSet<&String> = human.paths().iter().filter_map(|p| p.last()).collect();
        prop_assert_eq!(last.len(), value, "each path ends at another organisation");
    }
}
