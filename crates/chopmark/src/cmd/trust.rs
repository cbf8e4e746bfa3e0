//! `chopmark trust`: whom this host believes, from files that its user names.

use std::path::PathBuf;

use chopmark_client::trust;
use chopmark_core::digest::StatementId;

use crate::error::CommandError;
use crate::ui::{GREEN, Ui};

/// Arguments of `trust`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Believe a log: its key, its witnesses, its first leaf
    Init(Init),
    /// Show what is believed
    Show,
}

/// Arguments of `trust init`.
#[derive(Debug, clap::Args)]
struct Init {
    /// A tlog-policy file that you got from someone you trust, not from the registry
    #[arg(value_name = "FILE")]
    policy: PathBuf,
    /// The statement id of the log's first leaf
    #[arg(long, value_name = "DIGEST")]
    charter: StatementId,
    /// The group of witnesses that replay the rules before they cosign
    #[arg(long, value_name = "NAME", default_value = "replaying")]
    replay_group: String,
}

/// Runs one act.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    match &args.act {
        Act::Init(init) => begin(init, ui),
        Act::Show => show(ui),
    }
}

fn begin(args: &Init, ui: &Ui) -> Result<(), CommandError> {
    let home = ui.home()?;
    let policy = chopmark_client::durable::read_existing(&args.policy, MAX_POLICY_BYTES)?;
    let trust = trust::save(home, &policy, args.charter, &args.replay_group)?;
    ui.note(format_args!(
        "{} {}",
        ui.paint(GREEN, "this host now believes"),
        trust.contact.origin
    ));
    show(ui)
}

fn show(ui: &Ui) -> Result<(), CommandError> {
    let trust = trust::load(ui.home()?)?;
    let contact = &trust.contact;
    let quorum = contact.policy.quorum().unwrap_or("none");
    let witnesses: Vec<&str> = contact
        .policy
        .witnesses()
        .keys()
        .map(String::as_str)
        .collect();
    if ui.is_json() {
        return ui.emit(
            "trust",
            &serde_json::json!({
                "origin": contact.origin,
                "registry": trust.registry,
                "charter": contact.charter.to_hex(),
                "quorum": contact.policy.quorum(),
                "replayGroup": contact.replay_group,
                "witnesses": witnesses,
            }),
        );
    }
    ui.out(format_args!("log        {}", contact.origin))?;
    ui.out(format_args!("served at  {}", trust.registry))?;
    ui.out(format_args!("charter    {}", contact.charter))?;
    ui.out(format_args!("witnesses  {}", witnesses.join(", ")))?;
    let of = |name: &str| {
        contact.policy.threshold(name).map_or_else(
            || "UNWITNESSED".to_owned(),
            |(due, among)| {
                let survives = contact.policy.survives(name).unwrap_or_default();
                format!("{due} of {among}, survives {survives} that lie")
            },
        )
    };
    ui.out(format_args!("quorum     {quorum}: {}", of(quorum)))?;
    ui.out(format_args!(
        "replaying  {}: {}",
        contact.replay_group,
        of(&contact.replay_group)
    ))
}

const MAX_POLICY_BYTES: u64 = 256 * 1024;
