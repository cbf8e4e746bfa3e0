//! Hooks in Claude Code's settings files.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::HookError;
use crate::durable::{self, Access};

/// A hook that stands in a settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The file.
    pub file: PathBuf,
    /// The command that the agent runs.
    pub command: String,
    /// Whether it is the command that would be installed now.
    pub is_current: bool,
}

/// The command that an agent runs before each act. What goes wrong in it refuses the act: the
/// agent takes only 2 for a refusal.
fn command(program: &Path, mode: Mode) -> String {
    let session = match mode {
        Mode::Judge => "",
        Mode::Confine => " --session",
    };
    format!(
        "{} hook claude-code check{session} || exit 2",
        quoted(&program.to_string_lossy())
    )
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// `command` as one that runs in a session of `program`, confined to what skills were granted.
#[must_use]
pub fn in_session(program: &Path, command: &str) -> String {
    format!(
        "{} shell -- sh -c {}",
        quoted(&program.to_string_lossy()),
        quoted(command)
    )
}

/// What a hook does with commands that it does not refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They go on as they are.
    Judge,
    /// They run in a session, confined to what the installed skills were granted.
    Confine,
}

/// Puts the hook into the settings at `file`, in place of an older one. Other settings stay.
///
/// # Errors
///
/// [`HookError`]; the file is as it was.
pub fn install(file: &Path, program: &Path, mode: Mode) -> Result<Placed, HookError> {
    let mut settings = read(file)?;
    let command = command(program, mode);
    let entry = json!({
        "matcher": MATCHER,
        "hooks": [{ "type": "command", "command": command, "timeout": SECONDS }],
    });
    let list = list(file, &mut settings)?;
    list.retain(|entry| own(entry).is_none());
    list.push(entry);
    write(file, &settings)?;
    Ok(Placed {
        file: file.to_owned(),
        command,
        is_current: true,
    })
}

/// Takes the hook out of the settings at `file`; true when there was one.
///
/// # Errors
///
/// [`HookError`]; the file is as it was.
pub fn remove(file: &Path) -> Result<bool, HookError> {
    if !file.exists() {
        return Ok(false);
    }
    let mut settings = read(file)?;
    let list = list(file, &mut settings)?;
    let before = list.len();
    list.retain(|entry| own(entry).is_none());
    if list.len() == before {
        return Ok(false);
    }
    write(file, &settings)?;
    Ok(true)
}

/// The hook in the settings at `file`, if there is one; `program` is the one that would be
/// installed now.
///
/// # Errors
///
/// [`HookError`].
pub fn placed(file: &Path, program: &Path) -> Result<Option<Placed>, HookError> {
    if !file.exists() {
        return Ok(None);
    }
    let mut settings = read(file)?;
    let found = list(file, &mut settings)?.iter().find_map(own);
    Ok(found.map(|found| Placed {
        file: file.to_owned(),
        is_current: [Mode::Judge, Mode::Confine]
            .map(|mode| command(program, mode))
            .contains(&found),
        command: found,
    }))
}

/// Settings files that can hold hooks, below a project or home folder.
pub(super) fn files(root: &Path) -> [PathBuf; 2] {
    ["settings.json", "settings.local.json"].map(|name| root.join(".claude").join(name))
}

/// Our command in an entry, if it is ours.
fn own(entry: &Value) -> Option<String> {
    let hooks = entry.get("hooks")?.as_array()?;
    let commands = hooks
        .iter()
        .filter_map(|hook| hook.get("command")?.as_str());
    commands
        .filter(|command| command.contains("hook claude-code check"))
        .map(str::to_owned)
        .next()
}

fn read(file: &Path) -> Result<Map<String, Value>, HookError> {
    let Some(bytes) = durable::read(file, MAX_BYTES)? else {
        return Ok(Map::new());
    };
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(settings)) => Ok(settings),
        Ok(_) => Err(wrong(file, "it holds no object")),
        Err(error) => Err(wrong(file, &error.to_string())),
    }
}

fn list<'s>(
    file: &Path,
    settings: &'s mut Map<String, Value>,
) -> Result<&'s mut Vec<Value>, HookError> {
    settings
        .entry("hooks")
        .or_insert_with(|| json!({}))
        .as_object_mut()
        .ok_or_else(|| wrong(file, "`hooks` is no object"))?
        .entry("PreToolUse")
        .or_insert_with(|| json!([]))
        .as_array_mut()
        .ok_or_else(|| wrong(file, "`hooks.PreToolUse` is no list"))
}

fn write(file: &Path, settings: &Map<String, Value>) -> Result<(), HookError> {
    let mut text =
        serde_json::to_string_pretty(settings).map_err(|error| wrong(file, &error.to_string()))?;
    text.push('\n');
    if let Some(folder) = file.parent() {
        durable::public_folder(folder)?;
    }
    Ok(durable::write(file, text.as_bytes(), Access::Public)?)
}

fn wrong(file: &Path, what: &str) -> HookError {
    HookError::Settings {
        path: file.to_owned(),
        what: what.to_owned(),
    }
}

/// Tools of Claude Code that start programs or write files.
const MATCHER: &str = "Bash|Write|Edit|MultiEdit|NotebookEdit";
const SECONDS: u64 = 10;
const MAX_BYTES: u64 = 4 * 1024 * 1024;
