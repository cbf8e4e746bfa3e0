//! The one place that writes to the terminal: data to stdout, everything else to stderr.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use chopmark_client::home::Home;
use serde::Serialize;
use serde_json::Value;

use crate::error::CommandError;
use crate::exit::Exit;

/// How this invocation talks: human or JSON, with colour or not, and to whom.
#[derive(Debug)]
pub(crate) struct Ui {
    json: bool,
    quiet: bool,
    offline: bool,
    color: ColorChoice,
    width: usize,
    interactive: bool,
    home: Option<Home>,
}

impl Ui {
    /// A terminal face for the given global options; `home` is absent when no home directory
    /// could be found, which only commands that need one report.
    pub(crate) fn new(
        json: bool,
        quiet: bool,
        offline: bool,
        color: ColorChoice,
        home: Option<Home>,
    ) -> Self {
        let width = rustix::termios::tcgetwinsize(std::io::stderr())
            .ok()
            .map(|size| usize::from(size.ws_col))
            .filter(|columns| *columns >= MIN_WIDTH)
            .unwrap_or(DEFAULT_WIDTH);
        let interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Self {
            json,
            quiet,
            offline,
            color,
            width,
            interactive,
            home,
        }
    }

    /// Whether the answer is to be JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether the network must not be used.
    pub(crate) fn is_offline(&self) -> bool {
        self.offline
    }

    /// Whether a person can be asked: a terminal on both stdin and stderr, and no `--json`.
    pub(crate) fn is_interactive(&self) -> bool {
        self.interactive && !self.json
    }

    /// Columns of the terminal.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Chopmark's own folders.
    pub(crate) fn home(&self) -> Result<&Home, CommandError> {
        self.home.as_ref().ok_or_else(|| {
            CommandError::new(
                Exit::Environment,
                "no-home",
                "neither `HOME` nor `CHOPMARK_HOME` names an absolute folder",
            )
            .hint("set CHOPMARK_HOME to a folder that belongs to you")
        })
    }

    /// Writes one line of data to stdout.
    pub(crate) fn out(&self, line: impl Display) -> Result<(), CommandError> {
        let mut stream = AutoStream::new(std::io::stdout(), self.color);
        writeln!(stream, "{line}").map_err(|error| {
            if error.kind() == ErrorKind::BrokenPipe {
                return CommandError::silent(Exit::Failed, "output-closed");
            }
            CommandError::new(
                Exit::Environment,
                "output-failed",
                format_args!("writing to stdout failed: {error}"),
            )
        })
    }

    /// Writes `value` as one JSON document to stdout, with its `schema` field.
    pub(crate) fn emit<T: Serialize + ?Sized>(
        &self,
        schema: &str,
        value: &T,
    ) -> Result<(), CommandError> {
        self.out(with_schema(schema, value)?)
    }

    /// Tells the person something on stderr; silent under `--quiet` and `--json`.
    pub(crate) fn note(&self, line: impl Display) {
        if !self.quiet && !self.json {
            self.stderr(line);
        }
    }

    /// Warns on stderr; shown under `--quiet`, too, and as a JSON line under `--json`.
    pub(crate) fn warn(&self, line: impl Display) {
        if self.json {
            let document =
                serde_json::json!({ "schema": schema_uri("warning"), "warning": line.to_string() });
            self.stderr(document);
        } else {
            self.stderr(format_args!("{} {line}", self.paint(YELLOW, "warning:")));
        }
    }

    /// Reports a failed command on stderr.
    pub(crate) fn error(&self, error: &CommandError) {
        if error.is_silent() {
            return;
        }
        if self.json {
            if let Ok(document) = with_schema("error", &error.to_json()) {
                self.stderr(document);
            }
            return;
        }
        self.stderr(format_args!(
            "{} {} {}",
            self.paint(RED, "error:"),
            error.message(),
            self.paint(DIM, &format!("[{}]", error.code())),
        ));
        if let Some(blame) = error.blamed() {
            self.stderr(format_args!("  answerable: {blame}"));
        }
        for hint in error.hints() {
            self.stderr(format_args!("{} {hint}", self.paint(CYAN, "hint:")));
        }
    }

    /// `text` in `style`; colour is removed later where the stream shows none.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        format!("{style}{text}{style:#}")
    }

    fn stderr(&self, line: impl Display) {
        // A closed stderr must not turn success into failure.
        let _ = writeln!(AutoStream::new(std::io::stderr(), self.color), "{line}");
    }
}

/// The URI that names the shape of a JSON answer.
pub(crate) fn schema_uri(name: &str) -> String {
    format!("https://chopmark.dev/schema/{name}/v1")
}

fn with_schema<T: Serialize + ?Sized>(schema: &str, value: &T) -> Result<String, CommandError> {
    let bug = |error: serde_json::Error| {
        CommandError::new(
            Exit::Bug,
            "json-output",
            format_args!("no JSON for this answer: {error}"),
        )
    };
    let mut document = serde_json::to_value(value).map_err(bug)?;
    if let Value::Object(fields) = &mut document {
        fields.insert("schema".to_owned(), schema_uri(schema).into());
    }
    serde_json::to_string(&document).map_err(bug)
}

/// Bold, for what the eye should find first.
pub(crate) const BOLD: Style = Style::new().bold();
/// Dimmed, for what only some readers need.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Refusals.
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
/// Success.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default().bold();
/// Warnings.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// Advice and commands.
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

const DEFAULT_WIDTH: usize = 100;
const MIN_WIDTH: usize = 40;
