//! One file a command. To add one: a module, a variant, a line in `run` and in [`GROUPS`].

pub(crate) mod add;
mod adopt;
mod approve;
mod audit;
mod config;
mod demo;
mod deny;
mod doctor;
mod explain;
mod grants;
pub(crate) mod hook;
mod identity;
mod init;
mod inspect;
mod journal;
mod keygen;
pub(crate) mod lint;
mod list;
mod permissions;
mod publish;
mod registry;
mod remove;
mod replay;
mod retract;
mod review;
mod rules;
mod run;
pub(crate) mod scan;
mod schema;
mod search;
mod secret;
mod shell;
mod submit;
mod trust;
mod update;
mod verify;
mod veto;
mod vouch;
mod witness;
mod yank;

use clap::Subcommand;

use crate::error::CommandError;
use crate::ui::Ui;

/// All commands, by name.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Decide by your own rules, ask a person, install
    #[command(visible_alias = "install")]
    Add(add::Args),
    /// Take an unsigned folder in, in your own name and for a while
    Adopt(adopt::Args),
    /// Grant what an agent asked for
    Approve(approve::Args),
    /// Say in public that you read exactly these bytes
    Audit(audit::Args),
    /// Show the folders and settings in force
    Config(config::Args),
    /// Play the whole story on this machine: publish, audit, install, run, attack
    Demo(demo::Args),
    /// Refuse what an agent asked for
    Deny(deny::Args),
    /// Show what this machine and this host have and lack
    Doctor(doctor::Args),
    /// Tell an old decision in words
    Explain(explain::Args),
    /// Show what installed skills may do here
    Grants(grants::Args),
    /// Let an agent ask before it acts: skills' programs start only through `run`
    Hook(hook::Args),
    /// Begin, rotate or end an identity in the log
    Identity(identity::Args),
    /// Make a skill to start from
    Init(init::Args),
    /// Show everything the log holds about a release, and what you would decide
    Inspect(inspect::Args),
    /// Show what a run touched, and prove it whole
    Journal(journal::Args),
    /// Draw keys: one to sign with now, one to rotate to
    Keygen(keygen::Args),
    /// Say whether a folder could be published, and what people would be told
    Lint(lint::Args),
    /// Show what is installed
    #[command(visible_alias = "ls")]
    List(list::Args),
    /// Run a registry: a log, its files, and the door for records
    Registry(registry::Args),
    /// Draft a permission manifest, or say in words what one allows
    Permissions(permissions::Args),
    /// Sign a folder as a release and put it into the log
    Publish(publish::Args),
    /// Take a skill out of the agents' folders
    #[command(visible_alias = "rm")]
    Remove(remove::Args),
    /// Make an old decision again, byte for byte
    Replay(replay::Args),
    /// Take back a statement of your own
    Retract(retract::Args),
    /// Look at what a reviewed run changed; accept or discard it
    Review(review::Args),
    /// Show and test the rule packs of the scanner
    Rules(rules::Args),
    /// Run a skill confined to what it was granted, and record it
    Run(run::Args),
    /// Show what a skill can do and which rules it meets
    Scan(scan::Args),
    /// Print a published schema
    Schema(schema::Args),
    /// Show what the registry says exists
    Search(search::Args),
    /// Keep values that skills may use and never see
    Secret(secret::Args),
    /// Run a shell, or any program, under the grants of all installed skills together
    Shell(shell::Args),
    /// Send a record that was signed elsewhere
    Submit(submit::Args),
    /// Say whom this host believes
    Trust(trust::Args),
    /// Install the newest version of what is installed
    #[command(visible_alias = "upgrade")]
    Update(update::Args),
    /// Compare what is installed with what was admitted, offline
    Verify(verify::Args),
    /// Refuse bytes, versions or a key, in public
    Veto(veto::Args),
    /// Say in public that somebody's audits count
    Vouch(vouch::Args),
    /// Run a witness that judges every leaf before it cosigns
    Witness(witness::Args),
    /// Take a release back
    Yank(yank::Args),
}

impl Command {
    /// Runs the command to its end.
    pub(crate) fn run(&self, ui: &Ui) -> Result<(), CommandError> {
        match self {
            Self::Add(args) => add::run(args, ui),
            Self::Approve(args) => approve::run(args, ui),
            Self::Audit(args) => audit::run(args, ui),
            Self::Config(args) => config::run(args, ui),
            Self::Demo(args) => demo::run(args, ui),
            Self::Deny(args) => deny::run(args, ui),
            Self::Explain(args) => explain::run(args, ui),
            Self::Grants(args) => grants::run(args, ui),
            Self::Permissions(args) => permissions::run(args, ui),
            Self::Hook(args) => hook::run(args, ui),
            Self::Identity(args) => identity::run(args, ui),
            Self::Init(args) => init::run(args, ui),
            Self::Inspect(args) => inspect::run(args, ui),
            Self::Keygen(args) => keygen::run(args, ui),
            Self::List(args) => list::run(args, ui),
            Self::Publish(args) => publish::run(args, ui),
            Self::Registry(args) => registry::run(args, ui),
            Self::Remove(args) => remove::run(args, ui),
            Self::Replay(args) => replay::run(args, ui),
            Self::Retract(args) => retract::run(args, ui),
            Self::Schema(args) => schema::run(args, ui),
            Self::Secret(args) => secret::run(args, ui),
            Self::Shell(args) => shell::run(args, ui),
            Self::Submit(args) => submit::run(args, ui),
            Self::Trust(args) => trust::run(args, ui),
            Self::Update(args) => update::run(args, ui),
            Self::Verify(args) => verify::run(args, ui),
            Self::Veto(args) => veto::run(args, ui),
            Self::Vouch(args) => vouch::run(args, ui),
            Self::Witness(args) => witness::run(args, ui),
            Self::Adopt(args) => adopt::run(args, ui),
            Self::Doctor(args) => doctor::run(args, ui),
            Self::Journal(args) => journal::run(args, ui),
            Self::Lint(args) => lint::run(args, ui),
            Self::Review(args) => review::run(args, ui),
            Self::Rules(args) => rules::run(args, ui),
            Self::Run(args) => run::run(args, ui),
            Self::Scan(args) => scan::run(args, ui),
            Self::Search(args) => search::run(args, ui),
            Self::Yank(args) => yank::run(args, ui),
        }
    }
}

/// The overview of `chopmark --help`: heading, then the commands under it in order.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    ("Begin here", &["demo"]),
    (
        "Sign and publish",
        &[
            "init",
            "permissions",
            "lint",
            "keygen",
            "identity",
            "publish",
            "yank",
            "submit",
        ],
    ),
    (
        "Test and stamp",
        &["scan", "audit", "vouch", "veto", "retract", "rules"],
    ),
    (
        "Install by your own rules",
        &[
            "trust", "search", "inspect", "add", "adopt", "approve", "deny", "update", "list",
            "verify", "grants", "remove",
        ],
    ),
    (
        "Run and look back",
        &[
            "run", "shell", "review", "journal", "explain", "replay", "hook",
        ],
    ),
    ("Run the servers", &["registry", "witness"]),
    ("This host", &["doctor", "secret", "schema", "config"]),
];

/// Reads `@name`.
pub(crate) fn at_name(text: &str) -> Result<chopmark_core::name::Name, String> {
    let name = text
        .strip_prefix('@')
        .ok_or_else(|| format!("`{text}` does not begin with @"))?;
    name.parse()
        .map_err(|error: chopmark_core::name::NameError| error.to_string())
}
