//! The table and the JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chopmark_scan::{ScanResult, Severity};
use serde_json::{Value, json};

use crate::stats::{Rate, mean, quantile, speed};
use crate::{Failure, Row};

/// Whether a row counts as found at `severity`.
fn found(row: &Row, severity: Severity) -> bool {
    row.severity.is_some_and(|gravest| gravest >= severity)
}

/// Each campaign once: the fraction of its samples that were found.
fn campaigns<'r>(rows: impl Iterator<Item = &'r Row>, severity: Severity) -> Rate {
    let mut by: BTreeMap<(&str, &str), Vec<bool>> = BTreeMap::new();
    for row in rows {
        let key = (row.sample.source.as_str(), row.sample.campaign.as_str());
        by.entry(key).or_default().push(found(row, severity));
    }
    let mut rate = Rate::default();
    for values in by.values() {
        rate.add(mean(values));
    }
    rate
}

fn samples<'r>(rows: impl Iterator<Item = &'r Row>, severity: Severity) -> Rate {
    let mut rate = Rate::default();
    for row in rows {
        rate.add(if found(row, severity) { 1.0 } else { 0.0 });
    }
    rate
}

fn gates<'r>(rows: impl Iterator<Item = &'r Row>) -> Rate {
    let mut rate = Rate::default();
    for row in rows {
        rate.add(if row.gates > 0 { 1.0 } else { 0.0 });
    }
    rate
}

/// A named group of rows.
type Group<'a> = (String, Box<dyn Fn(&Row) -> bool + 'a>);

fn malicious_groups(rows: &[Row]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = vec![
        (
            "wild".to_owned(),
            Box::new(|row: &Row| row.sample.is_wild()),
        ),
        (
            "made".to_owned(),
            Box::new(|row: &Row| !row.sample.is_wild()),
        ),
    ];
    for source in sources(rows, |row| row.sample.is_malicious()) {
        groups.push((
            format!("  {source}"),
            Box::new(move |row| row.sample.source == source),
        ));
    }
    groups
}

fn sources(rows: &[Row], of: fn(&Row) -> bool) -> std::collections::BTreeSet<String> {
    rows.iter()
        .filter(|row| of(row))
        .map(|row| row.sample.source.clone())
        .collect()
}

/// The report that a person reads.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut out = String::new();
    let packaged: Vec<&Row> = rows.iter().filter(|row| row.refused.is_none()).collect();
    for (title, severity) in [
        ("high", Severity::High),
        ("medium or above", Severity::Medium),
    ] {
        let _ = writeln!(
            out,
            "recall at {title}: samples | campaigns, each once  [95 % Wilson]"
        );
        for (name, is) in malicious_groups(rows) {
            let of = || {
                let bad = packaged
                    .iter()
                    .copied()
                    .filter(|row| row.sample.is_malicious());
                bad.filter(|row| is(row))
            };
            let (single, joined) = (samples(of(), severity), campaigns(of(), severity));
            let _ = writeln!(out, "  {name:24} {} | {}", single.text(), joined.text());
        }
    }
    let _ = writeln!(out, "false positives: high | medium or above | gates");
    for source in sources(rows, |row| row.sample.is_benign()) {
        let of = || {
            let good = packaged
                .iter()
                .copied()
                .filter(|row| row.sample.is_benign());
            good.filter(|row| row.sample.source == source)
        };
        let (high, medium) = (
            samples(of(), Severity::High),
            samples(of(), Severity::Medium),
        );
        let gates = gates(of());
        let _ = writeln!(
            out,
            "  {source:24} {} | {} | {}",
            high.text(),
            medium.text(),
            gates.hits
        );
    }
    let good = || {
        packaged
            .iter()
            .copied()
            .filter(|row| row.sample.is_benign())
    };
    let _ = writeln!(
        out,
        "  {:24} {} | {} | {}",
        "all",
        samples(good(), Severity::High).text(),
        samples(good(), Severity::Medium).text(),
        gates(good()).hits
    );
    others(rows, &mut out);
    mutations(rows, &mut out);
    timing(&packaged, &mut out);
    out
}

fn others(rows: &[Row], out: &mut String) {
    let other = |row: &&Row| !row.sample.is_malicious() && !row.sample.is_benign();
    let mut labels: BTreeMap<&str, Rate> = BTreeMap::new();
    for row in rows.iter().filter(other) {
        let hit = if found(row, Severity::High) { 1.0 } else { 0.0 };
        labels.entry(&row.sample.label).or_default().add(hit);
    }
    for (label, rate) in labels {
        let _ = writeln!(out, "{label} at high: {}", rate.text());
    }
    let refused: Vec<&Row> = rows.iter().filter(|row| row.refused.is_some()).collect();
    let incomplete = rows
        .iter()
        .filter(|row| row.outcome == "incomplete")
        .count();
    let _ = writeln!(
        out,
        "refused as packages: {}; incomplete: {incomplete}",
        refused.len()
    );
    for row in refused {
        let code = row.refused.as_deref().unwrap_or_default();
        let _ = writeln!(out, "  {} {} {code}", row.sample.label, row.sample.path);
    }
}

fn mutations(rows: &[Row], out: &mut String) {
    let mut families: BTreeMap<&str, Rate> = BTreeMap::new();
    for (family, still) in rows.iter().flat_map(|row| &row.mutations) {
        families
            .entry(family)
            .or_default()
            .add(if *still { 1.0 } else { 0.0 });
    }
    for (family, rate) in families {
        let _ = writeln!(out, "still high after {family:14} {}", rate.text());
    }
}

fn timing(rows: &[&Row], out: &mut String) {
    let mut micros: Vec<u128> = rows.iter().map(|row| row.micros).collect();
    let bytes: u64 = rows.iter().map(|row| row.bytes).sum();
    let total: u128 = micros.iter().sum();
    let _ = writeln!(
        out,
        "time: {} skills, {bytes} bytes, {:.1} MB/s; per skill median {} µs, 90 % {} µs, all {} µs",
        rows.len(),
        speed(bytes, total),
        quantile(&mut micros, 50),
        quantile(&mut micros, 90),
        quantile(&mut micros, 100),
    );
}

/// Every finding of one sample.
pub(crate) fn findings(
    out: &mut impl std::io::Write,
    row: &Row,
    result: &ScanResult,
) -> Result<(), Failure> {
    for finding in result.findings() {
        writeln!(
            out,
            "{} {} {} {}:{} {} {:?} {}",
            row.sample.label,
            finding.severity.word(),
            finding.rule,
            row.sample.path,
            finding.file,
            finding.line,
            finding.role,
            finding.matched
        )?;
    }
    for reason in result.reasons() {
        writeln!(
            out,
            "{} reason {} {}:{}",
            row.sample.label, reason.code, row.sample.path, reason.file
        )?;
    }
    Ok(())
}

/// Every capability of one sample, with its first place.
pub(crate) fn capabilities(
    out: &mut impl std::io::Write,
    row: &Row,
    result: &ScanResult,
) -> Result<(), Failure> {
    for capability in result.capabilities() {
        let place = capability.places.first();
        let place =
            place.map(|place| format!("{}:{} {}", place.file, place.line, place.role.word()));
        writeln!(
            out,
            "{} {} {} {}",
            row.sample.path,
            capability.kind.word(),
            capability.value,
            place.unwrap_or_default()
        )?;
    }
    Ok(())
}

/// The same for a machine: every sample, without its content.
pub(crate) fn json(rows: &[Row]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let rules: BTreeMap<&str, &str> = row
                .rules
                .iter()
                .map(|(rule, severity)| (rule.as_str(), severity.word()))
                .collect();
            let mutations: BTreeMap<&str, bool> = row.mutations.iter().copied().collect();
            json!({
                "path": row.sample.path, "label": row.sample.label, "source": row.sample.source,
                "subtype": row.sample.subtype, "campaign": row.sample.campaign,
                "refused": row.refused, "outcome": row.outcome, "digest": row.digest,
                "severity": row.severity.map(Severity::word), "gates": row.gates,
                "rules": rules, "bytes": row.bytes,
                "micros": u64::try_from(row.micros).unwrap_or(u64::MAX), "mutations": mutations,
            })
        })
        .collect();
    json!({ "schema": "chopmark-eval-scan", "samples": rows })
}
