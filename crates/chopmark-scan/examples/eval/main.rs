//! Measures the scanner on a folder of labelled skills; `scripts/eval-scan` calls it.
//!
//! It only reads: nothing of a sample is run, fetched or written anywhere.

mod corpus;
mod mutate;
mod report;
mod stats;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use chopmark_scan::{Config, RulePack, ScanResult, Severity, base_pack, read_pack_folder, scan};

use corpus::Sample;

type Failure = Box<dyn std::error::Error>;

/// What one sample came to.
struct Row {
    sample: Sample,
    /// Why the folder is no package, where it is none: such a skill is refused before any scan.
    refused: Option<String>,
    outcome: &'static str,
    /// Digest of the result, by which two builds are compared.
    digest: Option<String>,
    severity: Option<Severity>,
    gates: u64,
    /// Rules with the severity of their gravest finding.
    rules: Vec<(String, Severity)>,
    bytes: u64,
    micros: u128,
    /// Families of mutation under which a sample that was found is found still.
    mutations: Vec<(&'static str, bool)>,
}

struct Arguments {
    folder: PathBuf,
    labels: Option<PathBuf>,
    packs: Vec<PathBuf>,
    only: Option<String>,
    json: Option<PathBuf>,
    mutate: bool,
    findings: bool,
    capabilities: bool,
}

fn main() -> Result<(), Failure> {
    let arguments = arguments()?;
    let engine = semver::Version::parse(env!("CARGO_PKG_VERSION"))?;
    let mut packs = vec![base_pack(&engine, None)?];
    for folder in &arguments.packs {
        packs.push(RulePack::load(read_pack_folder(folder)?, &engine, None)?);
    }
    let samples = match &arguments.labels {
        Some(labels) => corpus::labelled(&arguments.folder, labels)?,
        None => corpus::unlabelled(&arguments.folder)?,
    };
    let mut out = std::io::stdout().lock();
    let mut rows = Vec::new();
    for sample in samples {
        if arguments
            .only
            .as_ref()
            .is_some_and(|only| !sample.path.contains(only.as_str()))
        {
            continue;
        }
        let (row, result) = measure(sample, &packs, &engine, arguments.mutate)?;
        if let Some(result) = result {
            if arguments.findings {
                report::findings(&mut out, &row, &result)?;
            }
            if arguments.capabilities {
                report::capabilities(&mut out, &row, &result)?;
            }
        }
        rows.push(row);
    }
    out.write_all(report::table(&rows).as_bytes())?;
    if let Some(path) = &arguments.json {
        let mut file = std::fs::File::create(path)?;
        serde_json::to_writer_pretty(&mut file, &report::json(&rows))?;
    }
    Ok(())
}

fn measure(
    sample: Sample,
    packs: &[RulePack],
    engine: &semver::Version,
    mutations: bool,
) -> Result<(Row, Option<ScanResult>), Failure> {
    let files = corpus::read(&sample.folder)?;
    let bytes = files.iter().map(|(_, _, bytes)| bytes.len());
    let bytes = u64::try_from(bytes.sum::<usize>())?;
    let mut row = Row {
        sample,
        refused: None,
        outcome: "refused",
        digest: None,
        severity: None,
        gates: 0,
        rules: Vec::new(),
        bytes,
        micros: 0,
        mutations: Vec::new(),
    };
    let package = match corpus::package(files.clone()) {
        Ok(package) => package,
        Err(code) => {
            row.refused = Some(code);
            return Ok((row, None));
        }
    };
    let begun = Instant::now();
    let result = scan(&package, packs, &Config::standard(), engine);
    row.micros = begun.elapsed().as_micros();
    row.outcome = result.outcome().word();
    row.digest = Some(result.digest().to_string());
    row.severity = result
        .findings()
        .iter()
        .map(|finding| finding.severity)
        .max();
    row.gates = result.gates();
    let mut rules = std::collections::BTreeMap::new();
    for finding in result.findings() {
        let entry = rules
            .entry(finding.rule.clone())
            .or_insert(finding.severity);
        *entry = finding.severity.max(*entry);
    }
    row.rules = rules.into_iter().collect();
    if mutations && row.severity == Some(Severity::High) && row.sample.is_malicious() {
        for (family, changed) in mutate::families(&files) {
            if changed == files {
                continue;
            }
            let Ok(package) = corpus::package(changed) else {
                continue;
            };
            let again = scan(&package, packs, &Config::standard(), engine);
            let found = again
                .findings()
                .iter()
                .any(|finding| finding.severity == Severity::High);
            row.mutations.push((family, found));
        }
    }
    Ok((row, Some(result)))
}

fn arguments() -> Result<Arguments, Failure> {
    let mut words = std::env::args().skip(1);
    let usage = "usage: eval FOLDER [--labels CSV] [--pack FOLDER] [--only TEXT] [--json FILE] [--mutate] [--findings] [--capabilities]";
    let mut arguments = Arguments {
        folder: words.next().ok_or(usage)?.into(),
        labels: None,
        packs: Vec::new(),
        only: None,
        json: None,
        mutate: false,
        findings: false,
        capabilities: false,
    };
    while let Some(word) = words.next() {
        let mut next = || words.next().ok_or(usage);
        match word.as_str() {
            "--labels" => arguments.labels = Some(next()?.into()),
            "--pack" => arguments.packs.push(next()?.into()),
            "--only" => arguments.only = Some(next()?),
            "--json" => arguments.json = Some(next()?.into()),
            "--mutate" => arguments.mutate = true,
            "--findings" => arguments.findings = true,
            "--capabilities" => arguments.capabilities = true,
            _ => return Err(usage.into()),
        }
    }
    Ok(arguments)
}
