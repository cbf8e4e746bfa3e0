//! `chopmark publish`: sign a folder as a release and put it into the log.

use std::path::PathBuf;

use chopmark_client::decide::manifest_of;
use chopmark_client::folder;
use chopmark_client::submit::Attachments;
use chopmark_core::entry::{EntryState, MapKey};
use chopmark_core::name::SkillName;
use chopmark_core::package::SKILL_FILE;
use chopmark_core::record::{Body, Release};
use chopmark_core::skill;

use crate::cmd::lint::folder_name;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::released;
use crate::session::{Session, SessionArgs, permanent, report};
use crate::ui::Ui;

/// Arguments of `publish`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The skill's folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The version, SemVer 2.0
    #[arg(long, value_name = "VERSION")]
    version: semver::Version,
    /// The skill's name, where the folder has another
    #[arg(long, value_name = "NAME")]
    name: Option<SkillName>,
    #[command(flatten)]
    session: SessionArgs,
}

/// Publishes one release. Publishing the same bytes as the same version again changes nothing.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let read = folder::read(&args.folder)?;
    for path in &read.left_out {
        ui.note(format_args!("left out: {path} (version control)"));
    }
    for line in manifest_of(&read.package)?.words() {
        ui.note(format_args!("  {line}"));
    }
    let skill = skill_name(args)?;
    let front = skill::read(read.package.file(SKILL_FILE), Some(skill.as_str()));
    if let Some(found) = front.refusal() {
        return Err(CommandError::new(
            Exit::Failed,
            found.problem.code(),
            format_args!(
                "{SKILL_FILE}:{}:{}: {}",
                found.at.line, found.at.column, found.problem
            ),
        )
        .blame("author")
        .hint(found.problem.mend()));
    }
    let session = Session::open(&args.session, ui)?;
    let publisher = session.identity()?;
    let (reach, content) = (&session.reach, read.package.digest());
    let head = reach.head()?;
    let key = MapKey::Version(publisher, skill.clone(), args.version.clone());
    if let Some(EntryState::Version(facts)) =
        head.entry(&reach.remote, &key)?.map(|entry| entry.state)
        && facts.content == content
    {
        if ui.is_json() {
            return ui.emit(
                "accepted",
                &serde_json::json!({ "what": "release", "statementId": facts.release.to_hex(), "index": facts.index, "before": true }),
            );
        }
        ui.note(format_args!(
            "these bytes were published as {} before",
            args.version
        ));
        return ui.out(format_args!(
            "statement  {}\nindex      {}",
            facts.release, facts.index
        ));
    }
    permanent(ui);
    let previous = released::last_release(reach, &head, publisher, &skill)?;
    let body = Body::Release(Release {
        content,
        skill,
        version: args.version.clone(),
        previous,
    });
    let attached = Attachments {
        package: Some(&read.package),
        blobs: Vec::new(),
    };
    let accepted = session.issue(&body, &attached)?;
    ui.note(format_args!("content    {content}"));
    report(ui, "release", &accepted)
}

fn skill_name(args: &Args) -> Result<SkillName, CommandError> {
    if let Some(name) = &args.name {
        return Ok(name.clone());
    }
    let own = folder_name(&args.folder).unwrap_or_default();
    own.parse()
        .map_err(|error: chopmark_core::name::NameError| {
            CommandError::new(Exit::Usage, "skill-name", error).hint("give --name NAME")
        })
}
