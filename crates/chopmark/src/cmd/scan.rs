//! `chopmark scan`: what a skill can do, and which rules it meets.

mod confined;
mod report;

use std::path::{Path, PathBuf};

use chopmark_client::folder;
use chopmark_client::reference::Reference;
use chopmark_client::submit::Attachments;
use chopmark_core::digest::BlobDigest;
use chopmark_core::package::Package;
use chopmark_core::record::{self, Body, Counts};
use chopmark_scan::{
    Cache, ENGINE, Outcome, PackError, RuleInfo, RulePack, ScanResult, Severity, base_pack,
    capability_changes, engine_version, first_difference, read_pack_folder, to_sarif,
};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::released;
use crate::session::{self, Session, SessionArgs, permanent};
use crate::ui::{BOLD, DIM, GREEN, Ui, schema_uri};
use confined::{Confinement, Subject};

/// Arguments of `scan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A folder, or a release as @publisher/skill@version
    #[arg(value_name = "SKILL", required_unless_present = "explain")]
    skill: Option<String>,
    /// Sign the result and put it into the log, for exactly these bytes
    #[arg(long, conflicts_with_all = ["sarif", "verify", "rules"])]
    publish: bool,
    /// Further rule packs: folders with `pack.toml`, or of plain YARA files
    #[arg(long, value_name = "FOLDER")]
    rules: Vec<PathBuf>,
    /// Write SARIF 2.1.0
    #[arg(long)]
    sarif: bool,
    /// Run a claimed result again and name the first difference
    #[arg(long, value_name = "RESULT", conflicts_with = "sarif")]
    verify: Option<PathBuf>,
    /// Show instead what the skill can do that this earlier folder or release could not
    #[arg(long, value_name = "EARLIER", conflicts_with_all = ["sarif", "verify", "publish"])]
    since: Option<String>,
    /// Say what a rule looks for and why
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// Write the result into the current folder: what a confined scan starts
    #[arg(long, hide = true)]
    worker: bool,
    /// Where the worker finds compiled rules
    #[arg(long, hide = true, value_name = "FOLDER", requires = "worker")]
    rule_cache: Option<PathBuf>,
    #[command(flatten)]
    session: SessionArgs,
}

/// Scans a folder. Findings of severity high end with code 1.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let cache = args.rule_cache.clone().or_else(|| rule_cache(ui));
    let packs = load(&args.rules, cache.as_ref())?;
    if let Some(rule) = &args.explain {
        return explain(rule, &packs, ui);
    }
    let Some(skill) = &args.skill else {
        return Err(CommandError::new(
            Exit::Usage,
            "usage",
            "name a folder or a release",
        ));
    };
    let scanned = package(skill, ui)?;
    if args.worker {
        return confined::work(&scanned, &packs);
    }
    let subject = |skill: &str, package| {
        let folder = (!skill.starts_with('@')).then(|| PathBuf::from(skill));
        let (packs, rules) = (packs.as_slice(), args.rules.as_slice());
        confined::run(&Subject {
            package,
            folder: folder.as_deref(),
            packs,
            rules,
            cache: cache.clone(),
        })
    };
    let (result, confinement) = subject(skill, &scanned)?;
    if let Some(from) = &args.since {
        let earlier = package(from, ui)?;
        let (before, _) = subject(from, &earlier)?;
        return report::changes(&capability_changes(&before, &result), ui);
    }
    if args.publish {
        return publish(args, &scanned, &packs, &result, ui);
    }
    if let Some(claim) = &args.verify {
        return verify(claim, &result, ui);
    }
    if args.sarif {
        ui.out(to_sarif(&result, &packs))?;
    } else if ui.is_json() {
        ui.out(as_answer(&result, &confinement))?;
    } else {
        report::print(&result, &packs, &scanned, ui)?;
        told(&confinement, ui)?;
    }
    if result.count(Severity::High) > 0 {
        return Err(CommandError::silent(Exit::Failed, "scan-findings"));
    }
    if result.outcome() == Outcome::Incomplete {
        return Err(CommandError::silent(Exit::Failed, "scan-incomplete"));
    }
    Ok(())
}

/// The bytes of a folder, or of a release.
fn package(skill: &str, ui: &Ui) -> Result<Package, CommandError> {
    if !skill.starts_with('@') {
        return Ok(folder::read(&PathBuf::from(skill))?.package);
    }
    let reference: Reference = skill
        .parse()
        .map_err(|error| CommandError::new(Exit::Usage, "reference", error))?;
    let Some(version) = &reference.version else {
        return Err(CommandError::new(
            Exit::Usage,
            "version-needed",
            "say which version: @publisher/skill@version",
        ));
    };
    let reach = session::reach(ui)?;
    let content = released::version(&reach, &reference, version)?.content;
    Ok(reach.remote.package(content)?)
}

/// Publishes the result as evidence that others can make again.
fn publish(
    args: &Args,
    package: &Package,
    packs: &[RulePack],
    result: &ScanResult,
    ui: &Ui,
) -> Result<(), CommandError> {
    if !ui.is_json() {
        report::print(result, packs, package, ui)?;
    }
    let session = Session::open(&args.session, ui)?;
    let bytes = result.bytes();
    let report = BlobDigest::of(&bytes);
    let engine = ENGINE
        .parse()
        .map_err(|error| CommandError::new(Exit::Bug, "engine-name", error))?;
    let body = Body::Scan(record::Scan {
        content: result.content(),
        engine,
        engine_version: result.engine().clone(),
        packs: result.packs().iter().map(|pack| pack.digest).collect(),
        config: result.config_digest(),
        outcome: match result.outcome() {
            Outcome::Findings => record::Outcome::Findings,
            Outcome::NoFindings => record::Outcome::NoFindings,
            Outcome::Incomplete => record::Outcome::Incomplete,
        },
        counts: Counts {
            high: result.count(Severity::High),
            medium: result.count(Severity::Medium),
            low: result.count(Severity::Low),
        },
        result: result.digest(),
        report,
    });
    permanent(ui);
    let attached = Attachments {
        package: None,
        blobs: vec![(report, bytes.as_slice())],
    };
    let accepted = session.issue(&body, &attached)?;
    session::report(ui, "scan", &accepted)
}

/// Says of the scan what is no part of its result: how it was run, and the result's digest.
///
/// The canonical bytes of the result come last and are not touched.
fn as_answer(result: &ScanResult, confinement: &Confinement) -> String {
    let head = serde_json::json!({
        "confined": confinement.is_confined(),
        "confinement": confinement.as_json(),
        "resultDigest": result.digest().to_string(),
        "schema": schema_uri("scan"),
    });
    let head = head.to_string();
    let head = head.strip_suffix('}').unwrap_or(&head);
    let bytes = result.bytes();
    format!("{head}{RESULT_FIELD}{}}}", String::from_utf8_lossy(&bytes))
}

/// The canonical bytes in what [`as_answer`] wrote, or all where they stand alone.
fn claimed(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let field = RESULT_FIELD.as_bytes();
    let mut places = bytes.windows(field.len());
    let inner = places.position(|at| at == field).and_then(|at| {
        let inner = bytes.get(at.checked_add(field.len())?..)?;
        inner.strip_suffix(b"}")
    });
    inner
        .filter(|_| bytes.starts_with(b"{\"confined\":"))
        .unwrap_or(bytes)
}

fn told(confinement: &Confinement, ui: &Ui) -> Result<(), CommandError> {
    match confinement {
        Confinement::Confined(_) => ui.out(ui.paint(
            DIM,
            "confined: read only the skill and the rules, no network",
        )),
        Confinement::None { why } => ui.out(format_args!("not confined: {why}")),
    }
}

/// Where compiled rules are kept, if there is a home.
fn rule_cache(ui: &Ui) -> Option<PathBuf> {
    ui.home().ok().map(|home| home.state().join("rules"))
}

/// The pack that comes with Chopmark, then those of `folders`.
pub(crate) fn packs(folders: &[PathBuf], ui: &Ui) -> Result<Vec<RulePack>, CommandError> {
    load(folders, rule_cache(ui).as_ref())
}

fn load(folders: &[PathBuf], cache: Option<&PathBuf>) -> Result<Vec<RulePack>, CommandError> {
    let cache = cache.map(|folder| Cache::in_folder(folder.clone()));
    let mut packs = vec![base_pack(&engine_version(), cache.as_ref()).map_err(refused)?];
    for folder in folders {
        let files = read_pack_folder(folder).map_err(refused)?;
        packs.push(RulePack::load(files, &engine_version(), cache.as_ref()).map_err(refused)?);
    }
    Ok(packs)
}

/// A pack's refusal as a command's.
pub(crate) fn refused(error: PackError) -> CommandError {
    CommandError::new(Exit::Failed, error.code(), error)
}

fn verify(claim: &Path, result: &ScanResult, ui: &Ui) -> Result<(), CommandError> {
    let bytes = std::fs::read(claim).map_err(|error| {
        CommandError::new(
            Exit::Environment,
            "file-failed",
            format_args!("cannot read `{}`: {error}", claim.display()),
        )
    })?;
    let claimed = ScanResult::parse(claimed(&bytes)).map_err(|error| {
        CommandError::new(Exit::Unverified, error.code(), &error).blame("auditor")
    })?;
    let Some(difference) = first_difference(&claimed, result) else {
        if ui.is_json() {
            let digest = result.digest().to_string();
            return ui.emit(
                "scan-verify",
                &serde_json::json!({ "equal": true, "resultDigest": digest }),
            );
        }
        return ui.out(format_args!(
            "{} {}",
            ui.paint(GREEN, "equal"),
            result.digest()
        ));
    };
    Err(CommandError::new(
        Exit::Unverified,
        "scan-differs",
        format_args!("the claim and this run differ at `{}`", difference.at),
    )
    .blame("auditor")
    .detail("at", difference.at.clone())
    .detail("claimed", difference.claimed.clone())
    .detail("found", difference.found.clone())
    .hint(format_args!("claimed: {}", difference.claimed))
    .hint(format_args!("found:   {}", difference.found)))
}

fn explain(id: &str, packs: &[RulePack], ui: &Ui) -> Result<(), CommandError> {
    let found = packs
        .iter()
        .find_map(|pack| pack.rule(id).map(|rule| (pack, rule)));
    let Some((pack, rule)) = found else {
        return Err(CommandError::new(
            Exit::Failed,
            "rule-unknown",
            format_args!("no rule `{id}` in {} packs", packs.len()),
        )
        .hint("chopmark rules list"));
    };
    if ui.is_json() {
        return ui.emit("rule", &as_json(rule, &pack.name().id));
    }
    let gate = if rule.gate { ", a hard gate" } else { "" };
    ui.out(format_args!("{}  {}", ui.paint(BOLD, &rule.id), rule.title))?;
    ui.out(format_args!(
        "  {}{gate}; {} · {}; pack {}",
        rule.severity.word(),
        rule.cwe,
        rule.owasp,
        pack.name().id
    ))?;
    for line in report::wrap(&rule.rationale, ui.width().saturating_sub(2)) {
        ui.out(format_args!("  {line}"))?;
    }
    ui.out(ui.paint(DIM, &format!("  pack digest {}", pack.name().digest)))
}

/// A rule for `--json`.
pub(crate) fn as_json(rule: &RuleInfo, pack: &str) -> serde_json::Value {
    serde_json::json!({
        "id": rule.id, "pack": pack, "title": rule.title, "severity": rule.severity.word(), "gate": rule.gate,
        "cwe": rule.cwe, "owasp": rule.owasp, "rationale": rule.rationale, "signal": rule.signal,
    })
}

/// What stands before the canonical bytes in a JSON answer; no field before it holds this text.
const RESULT_FIELD: &str = ",\"result\":";
