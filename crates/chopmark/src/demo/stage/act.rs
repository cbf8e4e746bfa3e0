//! Who acts in the story, what they run and how it should end.

use std::path::PathBuf;

use crate::exit::Exit;

/// Somebody in the story: a home of Chopmark's and a folder to work in.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Actor {
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) home: PathBuf,
    /// Where this actor's commands run.
    pub(in crate::demo) folder: PathBuf,
    /// What `HOME` says.
    pub(in crate::demo) user: PathBuf,
}

/// One command of the story.
#[derive(Debug)]
pub(in crate::demo) struct Act<'a> {
    pub(in crate::demo) actor: &'a Actor,
    pub(in crate::demo) args: Vec<String>,
    pub(in crate::demo) input: Option<Vec<u8>>,
    /// Typed at a terminal, a line each, when the command asks.
    pub(in crate::demo) answers: Option<Vec<String>>,
    pub(in crate::demo) environment: Vec<(String, String)>,
    pub(in crate::demo) expected: Expected,
}

/// How a command should end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Expected {
    pub(in crate::demo) exit: u8,
    pub(in crate::demo) code: Option<String>,
}

/// How it ended.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Outcome {
    pub(in crate::demo) exit: Option<i32>,
    pub(in crate::demo) code: Option<String>,
    pub(in crate::demo) stdout: String,
    pub(in crate::demo) stderr: String,
    pub(in crate::demo) is_expected: bool,
}

impl Actor {
    /// A command of this actor's, which is to succeed.
    pub(in crate::demo) fn does<I: IntoIterator<Item: Into<String>>>(&self, args: I) -> Act<'_> {
        Act {
            actor: self,
            args: args.into_iter().map(Into::into).collect(),
            input: None,
            answers: None,
            environment: Vec::new(),
            expected: Expected {
                exit: 0,
                code: None,
            },
        }
    }
}

impl Outcome {
    /// The first word after `name` at the beginning of a line of stdout.
    pub(in crate::demo) fn field(&self, name: &str) -> String {
        let line = self.stdout.lines().find_map(|line| line.strip_prefix(name));
        let word = line.and_then(|rest| rest.split_whitespace().next());
        word.unwrap_or_default().to_owned()
    }

    /// A text of the JSON document on stdout.
    pub(in crate::demo) fn text(&self, field: &str) -> String {
        let document: serde_json::Value = serde_json::from_str(&self.stdout).unwrap_or_default();
        let value = document.get(field).and_then(serde_json::Value::as_str);
        value.unwrap_or_default().to_owned()
    }
}

impl Act<'_> {
    /// It is to be refused with this exit code and this stable code.
    pub(in crate::demo) fn refused(mut self, exit: Exit, code: &str) -> Self {
        self.expected = Expected {
            exit: exit.code(),
            code: Some(code.to_owned()),
        };
        self
    }

    /// It passes on this exit code of the program that it runs.
    pub(in crate::demo) fn ending(mut self, exit: u8) -> Self {
        self.expected = Expected { exit, code: None };
        self
    }

    /// It reads this on stdin.
    pub(in crate::demo) fn reading(mut self, input: &[u8]) -> Self {
        self.input = Some(input.to_vec());
        self
    }

    /// A person sits at its terminal and types these lines.
    pub(in crate::demo) fn typing<I: IntoIterator<Item: Into<String>>>(mut self, lines: I) -> Self {
        self.answers = Some(lines.into_iter().map(Into::into).collect());
        self
    }

    /// It runs with one more environment variable.
    pub(in crate::demo) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }
}
