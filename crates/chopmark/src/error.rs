//! What a command says when it does not succeed.

use std::borrow::Cow;
use std::fmt::Display;

use serde_json::{Map, Value};

use crate::exit::Exit;

/// A failed command: exit code, stable code, message, advice.
///
/// The message is one line, lower case, without a final period; advice goes to hints. `details`
/// holds the evidence (digests, indices, key ids) and appears only in `--json`.
#[derive(Debug)]
#[must_use]
pub(crate) struct CommandError {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    exit: Exit,
    code: Cow<'static, str>,
    message: String,
    blame: Option<Cow<'static, str>>,
    hints: Vec<String>,
    details: Map<String, Value>,
    silent: bool,
}

impl CommandError {
    /// An error with its stable code (kebab-case, listed in `docs/errors.md`).
    pub(crate) fn new(
        exit: Exit,
        code: impl Into<Cow<'static, str>>,
        message: impl Display,
    ) -> Self {
        Self {
            inner: Box::new(Inner {
                exit,
                code: code.into(),
                message: message.to_string(),
                blame: None,
                hints: Vec::new(),
                details: Map::new(),
                silent: false,
            }),
        }
    }

    /// Ends the process with `exit` and says nothing: all that matters was said already.
    pub(crate) fn silent(exit: Exit, code: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(exit, code, "");
        error.inner.silent = true;
        error
    }

    /// The same as the refusal of a hook: agents take no other code for one.
    pub(crate) fn refusing(mut self) -> Self {
        self.inner.exit = Exit::Child(crate::cmd::hook::REFUSED);
        self
    }

    /// Adds one line of advice: what to do next, with the command where there is one.
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.inner.hints.push(hint.to_string());
        self
    }

    /// Names who is answerable: `author`, `auditor`, `registry`, `witness`, `this host`, `bug`.
    pub(crate) fn blame(mut self, blame: impl Into<Cow<'static, str>>) -> Self {
        self.inner.blame = Some(blame.into());
        self
    }

    /// Adds a piece of evidence for `--json`.
    pub(crate) fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.inner.details.insert(key.to_owned(), value.into());
        self
    }

    /// The class of the failure.
    pub(crate) fn exit(&self) -> Exit {
        self.inner.exit
    }

    /// Whether nothing more is to be printed.
    pub(crate) fn is_silent(&self) -> bool {
        self.inner.silent
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &str {
        &self.inner.code
    }

    /// The message, one line.
    pub(crate) fn message(&self) -> &str {
        &self.inner.message
    }

    /// Who is answerable, if the error knows.
    pub(crate) fn blamed(&self) -> Option<&str> {
        self.inner.blame.as_deref()
    }

    /// Advice, one line each.
    pub(crate) fn hints(&self) -> &[String] {
        &self.inner.hints
    }

    /// The JSON form, without the schema.
    pub(crate) fn to_json(&self) -> Value {
        serde_json::json!({
            "error": {
                "code": self.code(),
                "exit": self.exit().code(),
                "message": self.message(),
                "blame": self.blamed(),
                "hints": self.hints(),
                "details": self.inner.details,
            }
        })
    }
}
