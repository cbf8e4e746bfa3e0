//! `chopmark inspect`: everything the log holds about a release, and what would be decided here.

use chopmark_client::reference::Reference;
use chopmark_core::record::Body;

use crate::decision::{Asked, DecisionArgs, ask};
use crate::error::CommandError;
use crate::place::PlaceArgs;
use crate::ui::{BOLD, DIM, Ui};

/// Arguments of `inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The skill: @publisher/skill, or @publisher/skill@version
    #[arg(value_name = "SKILL")]
    reference: Reference,
    #[command(flatten)]
    decision: DecisionArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Shows evidence and decision; installs nothing.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let scope = args.place.scope(ui)?;
    let asked = ask(
        ui,
        &args.decision,
        &args.reference,
        &scope,
        &args.reference.skill,
    )?;
    if ui.is_json() {
        let mut document = asked.to_json();
        if let Some(fields) = document.as_object_mut() {
            fields.insert("statements".to_owned(), statements(&asked).into());
            fields.insert("files".to_owned(), files(&asked).into());
        }
        return ui.emit("inspect", &document);
    }
    let evidence = &asked.gathered.evidence;
    ui.out(format_args!("{}", ui.paint(BOLD, &asked.name())))?;
    ui.out(format_args!("decision   {}", asked.sentence()))?;
    ui.out(format_args!(
        "publisher  @{}  {}",
        evidence.publisher_name, evidence.publisher
    ))?;
    ui.out(format_args!("content    {}", evidence.subject))?;
    let versions: Vec<String> = evidence
        .releases
        .iter()
        .map(|r| r.body.version.to_string())
        .collect();
    ui.out(format_args!("versions   {}", versions.join(", ")))?;
    ui.out("permissions")?;
    for line in asked.permission_lines(ui) {
        ui.out(line)?;
    }
    ui.out("statements")?;
    for stated in &evidence.statements {
        let cause = asked
            .decided
            .decision
            .verdict
            .as_ref()
            .and_then(|verdict| verdict.statements.get(&stated.id).copied().flatten());
        let counts = cause.map_or_else(
            || "counts".to_owned(),
            |cause| format!("does not count: {}", cause.as_str()),
        );
        ui.out(format_args!(
            "  {:<8} by {:<16} leaf {:<6} {}",
            stated.body.kind().as_str(),
            evidence.label(&stated.issuer),
            stated.index,
            ui.paint(DIM, &counts)
        ))?;
    }
    let checkpoint = &evidence.checkpoint;
    ui.out(format_args!(
        "log        {} at {} leaves, cosigned by {}",
        evidence.origin,
        checkpoint.size,
        checkpoint.cosigners.join(", ")
    ))
}

fn statements(asked: &Asked) -> Vec<serde_json::Value> {
    let evidence = &asked.gathered.evidence;
    let verdict = asked.decided.decision.verdict.as_ref();
    let rows = evidence.statements.iter().map(|stated| {
        let cause = verdict.and_then(|v| v.statements.get(&stated.id).copied().flatten());
        let result = if let Body::Scan(scan) = &stated.body {
            Some(scan.result.to_hex())
        } else {
            None
        };
        serde_json::json!({
            "kind": stated.body.kind().as_str(),
            "id": stated.id.to_hex(),
            "index": stated.index,
            "issuer": stated.issuer.to_hex(),
            "name": evidence.label(&stated.issuer),
            "notCounted": cause.map(|cause| cause.as_str()),
            "resultDigest": result,
        })
    });
    rows.collect()
}

fn files(asked: &Asked) -> Vec<serde_json::Value> {
    let entries = asked.gathered.package.manifest().entries();
    let rows = entries.iter().map(|entry| {
        serde_json::json!({
            "path": entry.path().as_str(),
            "size": entry.size(),
            "mode": entry.mode().as_str(),
            "sha256": entry.digest().to_hex(),
        })
    });
    rows.collect()
}
