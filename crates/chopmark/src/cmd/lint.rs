//! `chopmark lint`: would this folder be published, and what would people be told?

use std::path::PathBuf;

use chopmark_client::folder;
use chopmark_core::package::{PERMISSIONS_FILE, SKILL_FILE};
use chopmark_core::permission::Manifest;
use chopmark_core::skill;
use chopmark_core::yaml::Position;
use chopmark_scan::{Config, Severity, engine_version, scan};

use crate::cmd::scan::packs;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{BOLD, DIM, GREEN, RED, Ui, YELLOW};

/// Arguments of `lint`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The skill's folder
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

/// Something to mend, and whether it keeps the folder from being published.
struct Remark {
    file: &'static str,
    at: Position,
    code: &'static str,
    text: String,
    mend: String,
    refuses: bool,
}

/// Checks package, front matter and permissions, and compares what is declared with what is done.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let read = folder::read(&args.folder)?;
    let name = folder_name(&args.folder);
    let mut remarks = Vec::new();
    let front = skill::read(read.package.file(SKILL_FILE), name.as_deref());
    for diagnostic in &front.diagnostics {
        remarks.push(Remark {
            file: SKILL_FILE,
            at: diagnostic.at,
            code: diagnostic.problem.code(),
            text: diagnostic.problem.to_string(),
            mend: diagnostic.problem.mend().to_owned(),
            refuses: diagnostic.problem.refuses(),
        });
    }
    let manifest = permissions(read.package.file(PERMISSIONS_FILE), &mut remarks);
    let result = scan(
        &read.package,
        &packs(&[], ui)?,
        &Config::standard(),
        &engine_version(),
    );
    let undeclared: Vec<_> = result
        .findings()
        .iter()
        .filter(|finding| finding.pack == "permissions" && finding.severity > Severity::Note)
        .collect();
    let refusing = remarks.iter().filter(|remark| remark.refuses).count();
    if ui.is_json() {
        let remarks: Vec<_> = remarks.iter().map(Remark::to_json).collect();
        let words = manifest.as_ref().map(Manifest::words);
        let undeclared: Vec<_> = undeclared.iter().map(|f| serde_json::json!({ "file": f.file, "line": f.line, "rule": f.rule, "matched": f.matched })).collect();
        ui.emit(
            "lint",
            &serde_json::json!({ "content": read.package.digest().to_hex(), "remarks": remarks, "permissions": words, "undeclared": undeclared, "leftOut": read.left_out }),
        )?;
    } else {
        for path in &read.left_out {
            ui.out(ui.paint(DIM, &format!("left out: {path} (version control)")))?;
        }
        remarks.iter().try_for_each(|remark| remark.show(ui))?;
        if let Some(manifest) = &manifest {
            ui.out(ui.paint(BOLD, "People who install it will be told that it"))?;
            for line in manifest.words() {
                ui.out(format_args!("  {line}"))?;
            }
        }
        for finding in undeclared {
            ui.out(format_args!(
                "{} {}:{} does what permissions.yaml does not declare: {} {}",
                ui.paint(YELLOW, "undeclared"),
                finding.file,
                finding.line,
                finding.matched,
                ui.paint(DIM, &format!("[{}]", finding.rule)),
            ))?;
        }
    }
    if refusing == 0 {
        ui.note(format_args!(
            "{} {} files could be published",
            ui.paint(GREEN, "clean:"),
            read.package.manifest().entries().len()
        ));
        return Ok(());
    }
    Err(CommandError::new(
        Exit::Failed,
        "lint-failed",
        format_args!("{refusing} problems keep this folder from being published"),
    )
    .blame("author"))
}

impl Remark {
    fn show(&self, ui: &Ui) -> Result<(), CommandError> {
        let mark = if self.refuses {
            ui.paint(RED, "refused")
        } else {
            ui.paint(YELLOW, "warning")
        };
        ui.out(format_args!(
            "{mark} {}:{}:{} {} {}",
            self.file,
            self.at.line,
            self.at.column,
            self.text,
            ui.paint(DIM, &format!("[{}]", self.code))
        ))?;
        if self.mend.is_empty() {
            return Ok(());
        }
        ui.out(format_args!("  mend: {}", self.mend))
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "file": self.file, "line": self.at.line, "column": self.at.column, "code": self.code,
            "message": self.text, "mend": self.mend, "refuses": self.refuses,
        })
    }
}

/// Reads the permissions; what is wrong becomes a remark.
fn permissions(bytes: Option<&[u8]>, remarks: &mut Vec<Remark>) -> Option<Manifest> {
    let start = Position { line: 1, column: 1 };
    let (at, code, text, mend, refuses) = match bytes.map(std::str::from_utf8) {
        None => (
            start,
            "permissions-missing",
            "there is no `permissions.yaml`: the skill asks for nothing".to_owned(),
            "declare what it needs; chopmark schema permissions has every field",
            false,
        ),
        Some(Err(_)) => (
            start,
            "permissions-not-utf8",
            "`permissions.yaml` is not UTF-8".to_owned(),
            "save the file as UTF-8",
            true,
        ),
        Some(Ok(text)) => match Manifest::parse(text) {
            Ok(manifest) => return Some(manifest),
            Err(error) => (
                error.position(),
                error.code(),
                error.to_string(),
                "chopmark schema permissions has every field",
                true,
            ),
        },
    };
    remarks.push(Remark {
        file: PERMISSIONS_FILE,
        at,
        code,
        text,
        mend: mend.to_owned(),
        refuses,
    });
    None
}

/// The folder's own name, however it was given.
pub(crate) fn folder_name(folder: &std::path::Path) -> Option<String> {
    let whole = std::path::absolute(folder).ok()?;
    let whole = whole.canonicalize().unwrap_or(whole);
    Some(whole.file_name()?.to_str()?.to_owned())
}
