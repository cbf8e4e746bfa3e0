//! `chopmark trust`: whom this host believes, from files that its user names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chopmark_client::{host, signed, trust};
use chopmark_core::digest::{IdentityId, StatementId};
use chopmark_core::requirement::Shipped;
use chopmark_core::roots::{EngineWire, LogWire, RootWire, RootsWire};

use crate::clock;
use crate::consent;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase::PassphraseArgs;
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
    /// Also decide by this requirement table: personal, team, regulated or demo
    #[arg(long, value_name = "NAME", value_parser = preset)]
    preset: Option<Shipped>,
    /// An organisation to count from, by identity id; may be repeated
    #[arg(long = "root", value_name = "ID", requires = "preset")]
    roots: Vec<IdentityId>,
    /// How many vouches in a row may follow a root
    #[arg(long, value_name = "N", default_value_t = 2, requires = "preset")]
    depth: u8,
    /// An engine family and its engine, as FAMILY=ENGINE; may be repeated
    #[arg(long = "engine", value_name = "FAMILY=ENGINE", requires = "preset", value_parser = engine)]
    engines: Vec<(String, String)>,
    /// For how many days the roots are valid
    #[arg(long, value_name = "N", default_value_t = 365, requires = "preset")]
    days: u64,
    #[command(flatten)]
    passphrase: PassphraseArgs,
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
    if let Some(shipped) = args.preset {
        decide_by(args, shipped, &policy, &trust.contact.origin, ui)?;
    }
    show(ui)
}

/// Makes the host's key where there is none, and signs roots of the next version.
fn decide_by(
    args: &Init,
    shipped: Shipped,
    policy: &[u8],
    origin: &str,
    ui: &Ui,
) -> Result<(), CommandError> {
    let home = ui.home()?;
    if matches!(signed::host_key(home), Err(signed::SignedError::NoHostKey)) {
        let seal = args.passphrase.for_new(ui, "this host's key")?;
        signed::make_host_key(home, &seal)?;
    }
    let version = match host::roots(home) {
        Ok((old, _)) => old.version().saturating_add(1),
        Err(host::HostError::NoRoots) => 1,
        Err(error) => return Err(error.into()),
    };
    let preset = shipped
        .preset()
        .map_err(|error| CommandError::new(Exit::Bug, "preset", error))?;
    let not_after = clock::now().saturating_add(args.days.saturating_mul(DAY));
    let mut wire = RootsWire::new(version, not_after, &preset);
    wire.logs.push(LogWire {
        origin: origin.to_owned(),
        charter: args.charter.to_hex(),
        tlog_policy: String::from_utf8_lossy(policy).into_owned(),
        replay_group: args.replay_group.clone(),
    });
    let mut ids: Vec<String> = args.roots.iter().map(|id| id.to_hex()).collect();
    ids.sort();
    ids.dedup();
    wire.roots = ids
        .into_iter()
        .map(|id| RootWire {
            id,
            capacity: 1,
            depth: args.depth,
        })
        .collect();
    let mut families: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (family, engine) in &args.engines {
        families
            .entry(family.clone())
            .or_default()
            .push(engine.clone());
    }
    wire.engines = families
        .into_iter()
        .map(|(family, mut engines)| {
            engines.sort();
            EngineWire { family, engines }
        })
        .collect();
    let key = consent::host_key(ui, &args.passphrase)?;
    let roots = host::save_roots(home, &wire, &key)?;
    ui.note(format_args!(
        "it decides by preset {} with a cool-down of {} s, from {} roots",
        roots.preset().name(),
        roots.preset().gates().cool_down_seconds,
        roots.roots().len()
    ));
    Ok(())
}

fn preset(name: &str) -> Result<Shipped, String> {
    Shipped::from_word(name)
        .ok_or_else(|| format!("`{name}` is none of personal, team, regulated, demo"))
}

fn engine(text: &str) -> Result<(String, String), String> {
    let (family, engine) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` is not FAMILY=ENGINE"))?;
    Ok((family.to_owned(), engine.to_owned()))
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

const DAY: u64 = 86_400;
const MAX_POLICY_BYTES: u64 = 256 * 1024;
