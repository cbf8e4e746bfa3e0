//! `SKILL.md`: the front matter of the Agent Skills format.
//!
//! Loading is lenient: [`read`] always gives a [`Skill`] with what could be read, and a list of
//! problems with their positions. Signing is strict: a problem that [`Problem::refuses`] keeps a
//! folder from being published.
//!
//! Spec: docs/spec/package.md §5.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::name::{NameError, SkillName};
use crate::yaml::{self, Limits, Node, Position, Value};

/// What `SKILL.md` says of its skill, as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skill {
    /// The name, as written.
    pub name: Option<String>,
    /// What the skill does and when to use it.
    pub description: Option<String>,
    /// The licence.
    pub license: Option<String>,
    /// What the skill needs around it.
    pub compatibility: Option<String>,
    /// Further strings by key.
    pub metadata: BTreeMap<String, String>,
    /// The tools of `allowed-tools`, as written.
    pub allowed_tools: Vec<String>,
    /// What is wrong, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

/// A problem and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Line and column in `SKILL.md`.
    pub at: Position,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a `SKILL.md`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what it is")]
pub enum Problem {
    #[error("the folder has no `SKILL.md`")]
    Missing,
    #[error("`SKILL.md` is not UTF-8")]
    NotUtf8,
    #[error("`SKILL.md` begins with a byte order mark")]
    ByteOrderMark,
    #[error("lines end in carriage return and line feed")]
    CarriageReturns,
    #[error("`SKILL.md` does not begin with a line `---`: it has no front matter")]
    NoFrontMatter,
    #[error("the front matter is not closed by a line `---`")]
    Unclosed,
    #[error("the front matter is no YAML mapping of strict form: {0}")]
    Yaml(yaml::Problem),
    #[error("the front matter is no mapping of fields")]
    NoMapping,
    #[error("the field `{0}` is missing")]
    FieldMissing(&'static str),
    #[error("the field `{field}` should be {expected}")]
    FieldShape {
        field: String,
        expected: &'static str,
    },
    #[error("the field `{field}` has {length} characters, at most {limit} are allowed")]
    FieldLength {
        field: &'static str,
        length: usize,
        limit: usize,
    },
    #[error("the field `{0}` is not of the Agent Skills format")]
    FieldUnknown(String),
    #[error("`{name}` is no skill name: {error}")]
    Name { name: String, error: NameError },
    #[error("the skill calls itself `{name}`, its folder is `{folder}`")]
    NameOther { name: String, folder: String },
}

impl Problem {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "skill-missing",
            Self::NotUtf8 => "skill-not-utf8",
            Self::ByteOrderMark => "skill-byte-order-mark",
            Self::CarriageReturns => "skill-carriage-returns",
            Self::NoFrontMatter => "skill-no-front-matter",
            Self::Unclosed => "skill-front-matter-open",
            Self::Yaml(_) => "skill-yaml",
            Self::NoMapping => "skill-no-mapping",
            Self::FieldMissing(_) => "skill-field-missing",
            Self::FieldShape { .. } => "skill-field-shape",
            Self::FieldLength { .. } => "skill-field-length",
            Self::FieldUnknown(_) => "skill-field-unknown",
            Self::Name { .. } => "skill-name",
            Self::NameOther { .. } => "skill-name-other",
        }
    }

    /// Returns whether it keeps the folder from being published.
    ///
    /// What one reader could take otherwise than another refuses; what every reader takes alike
    /// is a warning.
    pub fn refuses(&self) -> bool {
        match self {
            Self::Missing
            | Self::NotUtf8
            | Self::NoFrontMatter
            | Self::Unclosed
            | Self::Yaml(_)
            | Self::NoMapping
            | Self::FieldMissing(_)
            | Self::FieldShape { .. }
            | Self::FieldLength { .. }
            | Self::Name { .. }
            | Self::NameOther { .. } => true,
            Self::ByteOrderMark | Self::CarriageReturns | Self::FieldUnknown(_) => false,
        }
    }

    /// Returns what its writer can do about it, one line.
    pub fn mend(&self) -> &'static str {
        match self {
            Self::Missing => "add a SKILL.md; chopmark init makes one to start from",
            Self::NotUtf8 => "save the file as UTF-8",
            Self::ByteOrderMark => "save the file without a byte order mark",
            Self::CarriageReturns => "save the file with line feeds alone",
            Self::NoFrontMatter => "begin with ---, name, description, ---",
            Self::Unclosed => "close the front matter with a line ---",
            Self::Yaml(_) => "put a text that holds a colon, a hash or a star into quotes",
            Self::NoMapping => "write `name: …` and `description: …`, a line each",
            Self::FieldMissing(_) => "add the field",
            Self::FieldShape { .. } => "write the field in the form named",
            Self::FieldLength { .. } => "shorten the text; details belong below the front matter",
            Self::FieldUnknown(_) => "put it below `metadata`",
            Self::Name { .. } => "use a-z, 0-9 and single hyphens, at most 64",
            Self::NameOther { .. } => "rename the folder or the skill",
        }
    }
}

impl Skill {
    /// Returns the first problem that keeps it from being published.
    pub fn refusal(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|d| d.problem.refuses())
    }

    fn note(&mut self, at: Position, problem: Problem) {
        self.diagnostics.push(Diagnostic { at, problem });
    }
}

/// Reads a `SKILL.md`; `None` stands for a folder without one.
///
/// `folder` is the name that the skill is published under or lies in; pass `None` where there is
/// nothing to compare with. Never fails: what is wrong is in [`Skill::diagnostics`].
pub fn read(bytes: Option<&[u8]>, folder: Option<&str>) -> Skill {
    let mut skill = Skill::default();
    let Some(bytes) = bytes else {
        skill.note(START, Problem::Missing);
        return skill;
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        skill.note(START, Problem::NotUtf8);
        return skill;
    };
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => {
            skill.note(START, Problem::ByteOrderMark);
            rest
        }
        None => text,
    };
    match front_matter(text) {
        Ok(front) => {
            if front.contains('\r') {
                skill.note(START, Problem::CarriageReturns);
            }
            fields(&mut skill, front);
        }
        Err(problem) => skill.note(START, problem),
    }
    if let (Some(folder), Some(name)) = (folder, skill.name.clone())
        && folder != name
    {
        let folder = folder.to_owned();
        skill.note(START, Problem::NameOther { name, folder });
    }
    skill
}

/// The text between the first two lines `---`.
fn front_matter(text: &str) -> Result<&str, Problem> {
    let rest = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))
        .ok_or(Problem::NoFrontMatter)?;
    let mut from = 0_usize;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Ok(rest.get(..from).unwrap_or_default());
        }
        from = from.saturating_add(line.len());
    }
    Err(Problem::Unclosed)
}

fn fields(skill: &mut Skill, front: &str) {
    let root = match yaml::parse(front, Limits::HAND_WRITTEN) {
        Ok(Some(root)) => root,
        Ok(None) => return skill.note(START, Problem::NoMapping),
        Err(error) => return skill.note(below(error.at), Problem::Yaml(error.problem)),
    };
    let Some(entries) = root.mapping() else {
        return skill.note(below(root.at), Problem::NoMapping);
    };
    for (key, value) in entries {
        field(skill, key, value);
    }
    let said = |name: &str| {
        entries
            .iter()
            .any(|(key, value)| key.text() == Some(name) && !value.is_null())
    };
    for name in ["name", "description"] {
        if !said(name) {
            skill.note(START, Problem::FieldMissing(name));
        }
    }
}

fn field(skill: &mut Skill, key: &Node, value: &Node) {
    let at = below(value.at);
    match key.text().unwrap_or_default() {
        "name" => {
            skill.name = text(skill, "name", value, 64);
            if let Some(name) = skill.name.clone()
                && let Err(error) = name.parse::<SkillName>()
            {
                skill.note(at, Problem::Name { name, error });
            }
        }
        "description" => skill.description = text(skill, "description", value, 1024),
        "license" => skill.license = text(skill, "license", value, 1024),
        "compatibility" => skill.compatibility = text(skill, "compatibility", value, 500),
        "metadata" => metadata(skill, value),
        "allowed-tools" => tools(skill, value),
        other => {
            let other = other.chars().take(64).collect();
            skill.note(below(key.at), Problem::FieldUnknown(other));
        }
    }
}

/// A text of 1 to `limit` characters; an empty value counts as missing and is reported as such.
fn text(skill: &mut Skill, field: &'static str, value: &Node, limit: usize) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let Some(text) = value.text() else {
        let field = field.to_owned();
        let expected = "a text";
        skill.note(below(value.at), Problem::FieldShape { field, expected });
        return None;
    };
    let length = text.chars().count();
    if length > limit {
        let problem = Problem::FieldLength {
            field,
            length,
            limit,
        };
        skill.note(below(value.at), problem);
    }
    Some(text.to_owned())
}

fn metadata(skill: &mut Skill, value: &Node) {
    let Some(entries) = value.mapping() else {
        let (field, expected) = ("metadata".to_owned(), "a mapping");
        return skill.note(below(value.at), Problem::FieldShape { field, expected });
    };
    // Programs keep structures of their own here; only texts are of the format.
    for (key, value) in entries {
        if let (Some(key), Some(text)) = (key.text(), value.text()) {
            skill.metadata.insert(key.to_owned(), text.to_owned());
        }
    }
}

/// `allowed-tools`: a text of words, or a list of texts as many skills write it.
fn tools(skill: &mut Skill, value: &Node) {
    match &value.value {
        Value::Scalar { text, .. } => {
            let words = text.split(|c: char| c == ',' || c.is_whitespace());
            skill.allowed_tools = words
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect();
        }
        Value::Sequence(items) if items.iter().all(|item| item.text().is_some()) => {
            let words = items.iter().filter_map(Node::text).map(str::to_owned);
            skill.allowed_tools = words.collect();
        }
        Value::Sequence(_) | Value::Mapping(_) => {
            let (field, expected) = ("allowed-tools".to_owned(), "a text of words or a list");
            skill.note(below(value.at), Problem::FieldShape { field, expected });
        }
    }
}

/// A position in the front matter as one in the file: the line `---` stands above it.
fn below(at: Position) -> Position {
    Position {
        line: at.line.saturating_add(1),
        column: at.column,
    }
}

const START: Position = Position { line: 1, column: 1 };

#[cfg(test)]
mod tests;
