//! `chopmark init`: a skill to start from.

use std::path::PathBuf;

use chopmark_client::durable::{self, Access};
use chopmark_core::name::SkillName;

use crate::error::CommandError;
use crate::ui::{GREEN, Ui};

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder to make, named like the skill
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The skill's name, where the folder has another
    #[arg(long, value_name = "NAME")]
    name: Option<SkillName>,
}

/// Makes a folder with a `SKILL.md` and a `permissions.yaml` that asks for nothing.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None => {
            let last = args
                .folder
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            last.parse()
                .map_err(|error: chopmark_core::name::NameError| {
                    CommandError::new(crate::exit::Exit::Usage, "skill-name", error)
                        .hint("give --name NAME, or name the folder like the skill")
                })?
        }
    };
    durable::public_folder(&args.folder)?;
    let files = [
        ("SKILL.md", skill(&name)),
        ("permissions.yaml", PERMISSIONS.to_owned()),
    ];
    for (file, text) in &files {
        durable::create(&args.folder.join(file), text.as_bytes(), Access::Public)?;
    }
    if ui.is_json() {
        let files: Vec<&str> = files.iter().map(|(file, _)| *file).collect();
        return ui.emit(
            "init",
            &serde_json::json!({ "folder": args.folder, "files": files }),
        );
    }
    ui.note(format_args!(
        "{} {}",
        ui.paint(GREEN, "made"),
        args.folder.display()
    ));
    ui.note("next: write SKILL.md, declare what it needs, then chopmark lint");
    Ok(())
}

fn skill(name: &SkillName) -> String {
    format!(
        "---\nname: {name}\ndescription: Say in one sentence what the skill does and when to use it.\n---\n\n# {name}\n\nSay how to do it, step by step.\n"
    )
}

const PERMISSIONS: &str = "\
# What this skill may do. What is not listed is not granted.
# chopmark lint says it in words; chopmark schema permissions has every field.
schema: https://chopmark.dev/schema/permissions/v1
files:
  read: [\"skill:.\"]
";
