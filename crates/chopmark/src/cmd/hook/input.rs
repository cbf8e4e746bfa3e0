//! What agents say of an act, and what they need to ask.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use chopmark_client::durable::{self, Access};
use chopmark_client::hook::Act;
use serde_json::Value;

use super::Agent;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Reads one act from stdin: where the agent works, what it is about to do, and all it told.
pub(super) fn read(agent: Agent) -> Result<(PathBuf, Act, Value), CommandError> {
    let mut bytes = Vec::new();
    let read = std::io::stdin()
        .lock()
        .take(MAX_BYTES)
        .read_to_end(&mut bytes);
    let told: Option<Value> = read.ok().and_then(|_| serde_json::from_slice(&bytes).ok());
    let told = told.filter(Value::is_object).ok_or_else(|| {
        CommandError::new(
            Exit::Failed,
            "hook-input",
            "stdin holds no JSON object that tells of an act",
        )
    })?;
    let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str);
    let cwd = match text("/cwd") {
        Some(cwd) => PathBuf::from(cwd),
        None => std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
    };
    let act = match agent {
        Agent::ClaudeCode => claude_code(&text),
        Agent::Openclaw => openclaw(&text),
        Agent::Generic => generic(&text),
    };
    let act = act.ok_or_else(|| {
        CommandError::new(
            Exit::Failed,
            "hook-input",
            "what stdin tells of an act lacks the field that names it",
        )
    })?;
    Ok((cwd, act, told))
}

/// Claude Code's answer that another command is to run in place of the one that was told. A person
/// is asked as for any command: `allow` would spare them the question.
pub(super) fn turned(told: &Value, command: &str) -> Value {
    let mut input = told.get("tool_input").cloned().unwrap_or_default();
    if let Some(fields) = input.as_object_mut() {
        fields.insert("command".to_owned(), command.into());
    }
    serde_json::json!({ "hookSpecificOutput": {
        "hookEventName": "PreToolUse", "permissionDecision": "ask",
        "permissionDecisionReason": "the command runs in `chopmark shell`, confined to what the installed skills were granted",
        "updatedInput": input,
    } })
}

fn claude_code<'t>(text: &impl Fn(&str) -> Option<&'t str>) -> Option<Act> {
    Some(match text("/tool_name")? {
        "Bash" => Act::Shell(text("/tool_input/command")?.to_owned()),
        "Write" | "Edit" | "MultiEdit" => Act::Write(text("/tool_input/file_path")?.into()),
        "NotebookEdit" => Act::Write(text("/tool_input/notebook_path")?.into()),
        _ => Act::Other,
    })
}

fn openclaw<'t>(text: &impl Fn(&str) -> Option<&'t str>) -> Option<Act> {
    Some(match text("/toolName")? {
        "exec" | "bash" | "process" => {
            text("/params/command").map_or(Act::Other, |command| Act::Shell(command.to_owned()))
        }
        "write" | "edit" => {
            let path = text("/params/path").or_else(|| text("/params/file_path"));
            Act::Write(path?.into())
        }
        _ => Act::Other,
    })
}

fn generic<'t>(text: &impl Fn(&str) -> Option<&'t str>) -> Option<Act> {
    let command = text("/command").map(|command| Act::Shell(command.to_owned()));
    command.or_else(|| text("/write").map(|path| Act::Write(path.into())))
}

/// Writes the plugin through which OpenClaw asks, and returns its files.
pub(super) fn openclaw_plugin(ui: &Ui, program: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let folder = plugin_folder(ui)?;
    durable::public_folder(&folder)?;
    let program = serde_json::json!(program.to_string_lossy()).to_string();
    let files = [
        ("package.json", PACKAGE.to_owned()),
        ("openclaw.plugin.json", PLUGIN.to_owned()),
        ("index.js", INDEX.replace("PROGRAM", &program)),
    ];
    let mut written = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        durable::write(&path, text.as_bytes(), Access::Public)?;
        written.push(path);
    }
    Ok(written)
}

/// Removes the plugin; true when there was one.
pub(super) fn remove_openclaw_plugin(ui: &Ui) -> Result<bool, CommandError> {
    let folder = plugin_folder(ui)?;
    let is_there = folder.exists();
    if is_there {
        durable::remove_folder(&folder)?;
    }
    Ok(is_there)
}

fn plugin_folder(ui: &Ui) -> Result<PathBuf, CommandError> {
    let user = ui.home()?.user().ok_or_else(|| {
        CommandError::new(
            Exit::Environment,
            "no-home",
            "`HOME` names no absolute folder",
        )
    })?;
    Ok(user.join(".openclaw/extensions/chopmark"))
}

const PACKAGE: &str = r#"{
  "name": "chopmark-hook",
  "version": "0.1.0",
  "type": "module",
  "openclaw": { "extensions": ["./index.js"] }
}
"#;

const PLUGIN: &str = r#"{
  "id": "chopmark",
  "name": "Chopmark",
  "description": "Programs of installed skills start only through chopmark run",
  "configSchema": { "type": "object", "additionalProperties": false }
}
"#;

const INDEX: &str = r#"import { spawnSync } from "node:child_process";

const program = PROGRAM;

export default {
  id: "chopmark",
  name: "Chopmark",
  register(api) {
    api.on("before_tool_call", async (event) => {
      const told = JSON.stringify({
        toolName: event.toolName,
        params: event.params ?? {},
        cwd: event.params?.workdir ?? process.cwd(),
      });
      const asked = spawnSync(program, ["hook", "openclaw", "check"], { input: told, encoding: "utf8", timeout: 10000 });
      if (asked.status === 0) return undefined;
      return { block: true, blockReason: (asked.stderr || "the hook could not judge this").trim() };
    });
  },
};
"#;

const MAX_BYTES: u64 = 8 * 1024 * 1024;
