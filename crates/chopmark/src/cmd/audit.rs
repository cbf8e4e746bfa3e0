//! `chopmark audit`: say in public that a person read exactly these bytes.

mod observed;

use chopmark_client::reference::Reference;
use chopmark_client::submit::Attachments;
use chopmark_core::digest::BlobDigest;
use chopmark_core::record::{Audit, Body, Counts, Method};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::released;
use crate::session::{Session, SessionArgs, permanent, report};
use crate::ui::Ui;
use crate::words::{CriterionWord, RelationWord};

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The release, as @publisher/skill@version
    #[arg(value_name = "RELEASE")]
    reference: Reference,
    /// What is certified
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        required_unless_present = "observed"
    )]
    criteria: Vec<CriterionWord>,
    /// Publish what this run of the same bytes was seen to do; alone it certifies nothing
    #[arg(long, value_name = "RUN")]
    observed: Option<String>,
    /// Files read; all of them without this
    #[arg(long, value_name = "N")]
    files: Option<u64>,
    /// Time spent, in minutes
    #[arg(long, value_name = "N")]
    minutes: u64,
    /// What binds you to the publisher
    #[arg(long, value_enum, default_value = "none")]
    relation: RelationWord,
    /// Findings: high, medium, low
    #[arg(long, value_delimiter = ',', num_args = 3, value_name = "N", default_values_t = [0, 0, 0])]
    findings: Vec<u64>,
    #[command(flatten)]
    session: SessionArgs,
}

/// Publishes a person's audit.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let Some(version) = &args.reference.version else {
        return Err(CommandError::new(
            Exit::Usage,
            "version-needed",
            "say which version: @publisher/skill@version",
        ));
    };
    let session = Session::open(&args.session, ui)?;
    let content = released::version(&session.reach, &args.reference, version)?.content;
    let files = session.reach.remote.manifest(content)?.entries().len();
    let files = u64::try_from(files).unwrap_or(u64::MAX);
    let observed = match &args.observed {
        Some(run) => Some(observed::report(run, content, ui)?),
        None => None,
    };
    let report_digest = observed.as_deref().map(BlobDigest::of);
    let count = |at: usize| args.findings.get(at).copied().unwrap_or_default();
    permanent(ui);
    let body = Body::Audit(Audit {
        content,
        method: Method::Human,
        criteria: args.criteria.iter().copied().map(Into::into).collect(),
        files_examined: args.files.unwrap_or(files),
        files_total: files,
        minutes: args.minutes,
        relation: args.relation.into(),
        delta_base: None,
        counts: Counts {
            high: count(0),
            medium: count(1),
            low: count(2),
        },
        report: report_digest,
    });
    let blobs = report_digest.zip(observed.as_deref()).into_iter().collect();
    let attached = Attachments {
        package: None,
        blobs,
    };
    let accepted = session.issue(&body, &attached)?;
    report(ui, &format!("audit of {}", args.reference), &accepted)
}
