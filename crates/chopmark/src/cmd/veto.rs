//! `chopmark veto`: refuse exact bytes, versions of a skill, or what a key signed.

use chopmark_client::reference::Reference;
use chopmark_client::submit::Attachments;
use chopmark_core::digest::{ContentDigest, KeyDigest};
use chopmark_core::record::{Body, Veto, VetoTarget};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::released;
use crate::session::{self, Session, permanent, report};
use crate::ui::Ui;
use crate::words::VetoWord;

/// Arguments of `veto`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("target").required(true).args(["reference", "content", "key"])))]
pub(crate) struct Args {
    /// A release, as @publisher/skill@version: exactly its bytes are refused
    #[arg(value_name = "RELEASE")]
    reference: Option<Reference>,
    /// Refuse these versions of the skill instead, by a SemVer requirement such as ">=1.2"
    #[arg(long, value_name = "REQUIREMENT", requires = "reference")]
    versions: Option<semver::VersionReq>,
    /// Exact bytes, by content digest
    #[arg(long, value_name = "DIGEST")]
    content: Option<ContentDigest>,
    /// What this key signed, by key id; needs --from-index
    #[arg(long, value_name = "KEY-ID", requires = "from_index")]
    key: Option<KeyDigest>,
    /// The first index that is refused
    #[arg(long, value_name = "INDEX")]
    from_index: Option<u64>,
    /// Why
    #[arg(long, value_enum)]
    reason: VetoWord,
    /// When it ends, in seconds since the Unix epoch; not for malicious
    #[arg(long, value_name = "SECONDS")]
    expires: Option<u64>,
    #[command(flatten)]
    session: session::SessionArgs,
}

/// Publishes a veto.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let session = Session::open(&args.session, ui)?;
    let target = target(args, &session)?;
    permanent(ui);
    let body = Body::Veto(Veto {
        target,
        reason: args.reason.into(),
        expires: args.expires,
        report: None,
    });
    let accepted = session.issue(&body, &Attachments::default())?;
    report(ui, "veto", &accepted)
}

fn target(args: &Args, session: &Session) -> Result<VetoTarget, CommandError> {
    if let Some(content) = args.content {
        return Ok(VetoTarget::Content(content));
    }
    if let (Some(key), Some(from_index)) = (args.key, args.from_index) {
        return Ok(VetoTarget::Key { key, from_index });
    }
    let usage = |what: &str| CommandError::new(Exit::Usage, "veto-target", what);
    let reference = args
        .reference
        .as_ref()
        .ok_or_else(|| usage("say what is refused"))?;
    match (&args.versions, &reference.version) {
        (Some(versions), None) => {
            let publisher = released::publisher(&session.reach, &session.reach.head()?, reference)?;
            Ok(VetoTarget::Skill {
                publisher,
                skill: reference.skill.clone(),
                versions: versions.clone(),
            })
        }
        (None, Some(version)) => Ok(VetoTarget::Content(
            released::version(&session.reach, reference, version)?.content,
        )),
        (Some(_), Some(_)) | (None, None) => Err(usage(
            "give either @publisher/skill@version, or @publisher/skill with --versions",
        )),
    }
}
