//! Runs the public binary as a reader would, and compares what happened with what should.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use super::terminal;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{BOLD, CYAN, DIM, GREEN, RED, Ui};

pub(super) use act::{Act, Actor, Outcome};

mod act;

/// Where the story is played: its folder, the binary, and what went wrong so far.
#[derive(Debug)]
pub(super) struct Stage<'u> {
    ui: &'u Ui,
    root: PathBuf,
    binary: PathBuf,
    step: String,
    wrong: Vec<String>,
}

impl<'u> Stage<'u> {
    /// A stage in `root`, with this process's own binary.
    pub(super) fn new(ui: &'u Ui, root: &Path) -> Result<Self, CommandError> {
        let binary =
            std::env::current_exe().map_err(|error| broken("find its own binary", &error))?;
        Ok(Self {
            ui,
            root: root.to_owned(),
            binary,
            step: String::new(),
            wrong: Vec::new(),
        })
    }

    /// The folder of the story.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Begins a step.
    pub(super) fn step(&mut self, name: &str, title: &str) {
        name.clone_into(&mut self.step);
        self.say("");
        self.say(&self.ui.paint(BOLD, &format!("{name}. {title}")));
    }

    /// Tells a newcomer what just happened.
    pub(super) fn tell(&self, text: &str) {
        self.say(&format!("  {} {text}", self.ui.paint(CYAN, "→")));
    }

    /// Records something that was looked at and must hold.
    pub(super) fn check(&mut self, what: &str, holds: bool) {
        if self.ui.is_json() {
            self.emit(&json!({ "step": self.step, "check": what, "ok": holds }));
        }
        let mark = if holds {
            self.ui.paint(GREEN, "✓")
        } else {
            self.ui.paint(RED, "✗")
        };
        self.say(&format!("  {mark} {what}"));
        if !holds {
            self.wrong.push(format!("step {}: {what}", self.step));
        }
    }

    /// An actor with an empty home and an empty folder.
    pub(super) fn actor(&self, name: &'static str) -> Result<Actor, CommandError> {
        let actor = Actor {
            name,
            home: self.root.join("homes").join(name),
            folder: self.root.join(name),
            user: self.root.join(name),
        };
        for folder in [&actor.home, &actor.folder] {
            std::fs::create_dir_all(folder).map_err(|error| broken("make a folder", &error))?;
        }
        Ok(actor)
    }

    /// Runs one command to its end and compares.
    pub(super) fn run(&mut self, act: Act<'_>) -> Result<Outcome, CommandError> {
        self.say(&format!(
            "  {} {}",
            self.ui.paint(DIM, "$"),
            self.ui.paint(BOLD, &self.printed(&act))
        ));
        let mut command = self.command(act.actor, &act.environment);
        command.args(&act.args);
        let (exit, stdout, stderr) = match &act.answers {
            Some(answers) => {
                terminal::run(&mut command, answers).map_err(|e| broken("use a terminal", &e))?
            }
            None => piped(&mut command, act.input.as_deref())
                .map_err(|e| broken("run a command", &e))?,
        };
        let code = code_of(&stderr);
        let is_expected = exit == Some(i32::from(act.expected.exit))
            && (act.expected.code.is_none() || act.expected.code == code);
        let outcome = Outcome {
            exit,
            code,
            stdout,
            stderr,
            is_expected,
        };
        self.show(&act, &outcome);
        Ok(outcome)
    }

    /// The command with nothing in its environment but what the story needs.
    pub(super) fn command(&self, actor: &Actor, more: &[(String, String)]) -> Command {
        let mut command = Command::new(&self.binary);
        command.env_clear().current_dir(&actor.folder);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
            .env("HOME", &actor.user)
            .env("CHOPMARK_HOME", &actor.home);
        command.envs(more.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Ends the story: what was missing, what went wrong.
    pub(super) fn end(self) -> Result<(), CommandError> {
        if self.wrong.is_empty() {
            self.say("");
            self.say(&self.ui.paint(GREEN, "Everything went as the story tells."));
            return Ok(());
        }
        let mut error = CommandError::new(
            Exit::Failed,
            "demo-incomplete",
            format_args!("{} outcomes differ", self.wrong.len()),
        );
        for what in &self.wrong {
            error = error.hint(what);
        }
        Err(error)
    }

    fn printed(&self, act: &Act<'_>) -> String {
        let mut text = String::new();
        for (name, value) in &act.environment {
            text.push_str(&format!("{name}={} ", quoted(value)));
        }
        text.push_str(&format!(
            "CHOPMARK_HOME={} chopmark",
            quoted(&act.actor.home.to_string_lossy())
        ));
        for argument in &act.args {
            text.push(' ');
            text.push_str(&quoted(argument));
        }
        if act.actor.folder != act.actor.user {
            text = format!(
                "cd {} && {text}",
                quoted(&act.actor.folder.to_string_lossy())
            );
        }
        if act.answers.is_some() {
            text.push_str("   # at a terminal");
        } else if let Some(input) = &act.input {
            text.push_str(&format!("   # {} bytes on stdin", input.len()));
        }
        text
    }

    fn show(&mut self, act: &Act<'_>, outcome: &Outcome) {
        if self.ui.is_json() {
            let argv: Vec<String> = std::iter::once(self.binary.to_string_lossy().into_owned())
                .chain(act.args.clone())
                .collect();
            self.emit(&json!({
                "step": self.step,
                "actor": act.actor.name,
                "argv": argv,
                "exit": outcome.exit,
                "code": outcome.code,
                "expected": { "exit": act.expected.exit, "code": act.expected.code },
                "ok": outcome.is_expected,
            }));
        }
        let (ends, notes): (Vec<&str>, Vec<&str>) =
            outcome.stderr.lines().partition(|line| is_ending(line));
        let lines: Vec<&str> = notes
            .into_iter()
            .chain(outcome.stdout.lines())
            .chain(ends)
            .collect();
        for line in lines.iter().take(SHOWN_LINES) {
            self.say(&format!("    {}", cut(line)));
        }
        if let Some(more) = lines
            .len()
            .checked_sub(SHOWN_LINES)
            .filter(|more| *more > 0)
        {
            self.say(&self.ui.paint(DIM, &format!("    … and {more} lines more")));
        }
        if !outcome.is_expected {
            let expected = act.expected.code.as_deref().unwrap_or("success");
            let text = format!(
                "`chopmark {}` ended with {:?} [{}], expected {} [{expected}]",
                act.args.join(" "),
                outcome.exit,
                outcome.code.as_deref().unwrap_or("-"),
                act.expected.exit,
            );
            self.say(&format!("  {} {text}", self.ui.paint(RED, "✗")));
            self.wrong.push(format!("step {}: {text}", self.step));
        }
    }

    /// A line for people; `--json` has none.
    fn say(&self, line: &str) {
        if !self.ui.is_json() {
            // A reader who went away misses the rest; the commands still run to their end.
            let _ = self.ui.out(line);
        }
    }

    fn emit(&self, document: &serde_json::Value) {
        let _ = self.ui.emit("demo", document);
    }
}

/// An error of the demonstration itself.
pub(super) fn broken(what: &str, error: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(
        Exit::Environment,
        "demo-failed",
        format_args!("the demonstration could not {what}: {error}"),
    )
}

fn piped(
    command: &mut Command,
    input: Option<&[u8]>,
) -> std::io::Result<(Option<i32>, String, String)> {
    command.stdin(if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        stdin.write_all(input)?;
    }
    let output = child.wait_with_output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    ))
}

/// The stable code of the last `error:` line: the word in brackets at its end.
fn code_of(stderr: &str) -> Option<String> {
    let document = stderr
        .lines()
        .last()
        .and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    if let Some(code) = document.as_ref().and_then(|d| d.pointer("/error/code")) {
        return code.as_str().map(str::to_owned);
    }
    let line = stderr.lines().rfind(|line| line.starts_with("error:"))?;
    let (_, tail) = line.trim_end().rsplit_once(" [")?;
    Some(tail.strip_suffix(']')?.to_owned())
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=,+%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Whether a line of stderr belongs to the command's end and not to its notes.
fn is_ending(line: &str) -> bool {
    ["error:", "hint:", "  answerable:"]
        .iter()
        .any(|start| line.starts_with(start))
}

/// A line as far as a terminal shows it without folding.
fn cut(line: &str) -> String {
    if line.chars().count() <= SHOWN_COLUMNS {
        return line.to_owned();
    }
    line.chars().take(SHOWN_COLUMNS).chain(['…']).collect()
}

const SHOWN_LINES: usize = 16;
const SHOWN_COLUMNS: usize = 160;
