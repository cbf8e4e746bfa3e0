//! What each file is, by its bytes first and its name second.

mod archive;

use crate::config::{Config, count};

pub(crate) use archive::is_tar;
use archive::{members, tar_members};

/// What the bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Native,
    Bytecode,
    Zip,
    Tar,
    Gzip,
    OtherArchive,
    Image,
    Document,
    Binary,
}

/// What language a text is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Language {
    Markdown,
    Python,
    Shell,
    JavaScript,
    TypeScript,
    PowerShell,
    Data,
    Unknown,
}

/// Recognises a file by its first bytes.
pub(crate) fn kind(bytes: &[u8]) -> Kind {
    for (magic, kind) in MAGIC {
        if bytes.starts_with(magic) {
            return *kind;
        }
    }
    if is_tar(bytes) {
        return Kind::Tar;
    }
    if is_bytecode(bytes) {
        return Kind::Bytecode;
    }
    let head = bytes.get(..SNIFFED).unwrap_or(bytes);
    if head.contains(&0) {
        return Kind::Binary;
    }
    Kind::Text
}

/// Recognises the language of a text by its name, its first line, or its words.
///
/// A script under another name (`notes.txt` that begins with `#!/bin/sh` or reads like Python) is
/// a script.
pub(crate) fn language(path: &str, text: &str) -> Language {
    if let Some(language) = shebang(text) {
        return language;
    }
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = match extension {
        "md" | "markdown" | "mdx" | "mdc" => Language::Markdown,
        "py" | "pyw" | "pyi" => Language::Python,
        "sh" | "bash" | "zsh" | "command" | "ksh" | "bats" => Language::Shell,
        "js" | "mjs" | "cjs" | "jsx" => Language::JavaScript,
        "ts" | "mts" | "cts" | "tsx" => Language::TypeScript,
        "ps1" | "psm1" | "psd1" => Language::PowerShell,
        "json" | "yaml" | "yml" | "toml" | "csv" | "xml" | "xsd" | "html" | "css" | "svg"
        | "sig" => Language::Data,
        _ => Language::Unknown,
    };
    if known == Language::Unknown {
        let read = sniff(text);
        // `setup.sh.txt` is a script under a coat.
        let inner = name
            .strip_suffix(extension)
            .map(|stem| stem.trim_end_matches('.'));
        return match inner.filter(|inner| read == Language::Unknown && inner.contains('.')) {
            Some(inner) => language(inner, ""),
            None => read,
        };
    }
    known
}

/// The language of a fence's first word.
pub(crate) fn fence_language(word: &str, code: &str) -> Language {
    match word {
        "bash" | "sh" | "shell" | "zsh" | "console" | "terminal" | "shell-session" | "inline" => {
            Language::Shell
        }
        "python" | "py" | "python3" => Language::Python,
        "javascript" | "js" | "node" | "jsx" => Language::JavaScript,
        "typescript" | "ts" | "tsx" => Language::TypeScript,
        "powershell" | "ps1" | "pwsh" => Language::PowerShell,
        "" | "text" | "txt" => sniff(code),
        _ => Language::Data,
    }
}

/// Whether a file's name claims something that its bytes are not.
pub(crate) fn is_mismatch(path: &str, kind: Kind) -> bool {
    let lower = path.to_ascii_lowercase();
    let harmless = [
        ".md", ".txt", ".json", ".yaml", ".yml", ".png", ".jpg", ".jpeg", ".gif", ".csv", ".pdf",
    ];
    matches!(
        kind,
        Kind::Native | Kind::Bytecode | Kind::Zip | Kind::Tar | Kind::Gzip | Kind::OtherArchive
    ) && harmless.iter().any(|extension| lower.ends_with(extension))
}

/// Whether any part of the path is hidden and not one of the usual project files.
pub(crate) fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| {
        part.starts_with('.') && !USUAL_HIDDEN.contains(&part.to_ascii_lowercase().as_str())
    })
}

/// Whether an image is followed by an archive or a script that its viewer would ignore.
pub(crate) fn is_polyglot(bytes: &[u8], kind: Kind) -> bool {
    let head = bytes.get(64..).unwrap_or_default();
    kind == Kind::Image
        && find(head, b"PK\x03\x04").is_some()
        && find(head, b"PK\x05\x06").is_some()
}

/// The members of an archive that a scan opens, and whether a limit cut them.
pub(crate) fn open_archive(kind: Kind, bytes: &[u8], config: &Config) -> archive::Members {
    let most = count(config.max_archive_members);
    if kind == Kind::Zip {
        members(bytes, most, count(config.max_decoded_bytes))
    } else if kind == Kind::Tar {
        tar_members(bytes, most)
    } else {
        archive::Members::default()
    }
}

fn shebang(text: &str) -> Option<Language> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    Some(match line {
        line if line.contains("python") => Language::Python,
        line if line.contains("node") || line.contains("deno") || line.contains("bun") => {
            Language::JavaScript
        }
        line if line.contains("pwsh") => Language::PowerShell,
        line if line.contains("sh") => Language::Shell,
        _ => Language::Unknown,
    })
}

/// Judges by the first words of lines.
fn sniff(text: &str) -> Language {
    let (mut python, mut script, mut shell, mut power) = (0_usize, 0_usize, 0_usize, 0_usize);
    for line in text.lines().take(SNIFFED_LINES) {
        let line = line.trim_start().trim_start_matches("$ ");
        let starts = |words: &[&str]| usize::from(words.iter().any(|word| line.starts_with(word)));
        let is_import = line.starts_with("import ") && !line.contains([';', '{', '\'', '"']);
        python = python
            .saturating_add(usize::from(is_import))
            .saturating_add(starts(&["def ", "class ", "if __name__"]))
            .saturating_add(usize::from(
                line.starts_with("from ") && line.contains(" import "),
            ));
        script = script.saturating_add(starts(&[
            "const ",
            "let ",
            "var ",
            "function ",
            "module.exports",
            "require(",
            "export ",
            "import {",
        ]));
        shell = shell.saturating_add(starts(SHELL_WORDS));
        power = power.saturating_add(starts(&[
            "Invoke-",
            "$env:",
            "New-Object",
            "Set-",
            "Get-",
            "powershell ",
            "iwr ",
            "iex ",
        ]));
    }
    let best = python.max(script).max(shell).max(power);
    match best {
        0 => Language::Unknown,
        best if best == python => Language::Python,
        best if best == shell => Language::Shell,
        best if best == script => Language::JavaScript,
        _ => Language::PowerShell,
    }
}

fn is_bytecode(bytes: &[u8]) -> bool {
    // CPython: a magic number ending in \r\n, then flags of which only the two lowest bits are used.
    matches!(bytes, [_, 0x0c..=0x0e, b'\r', b'\n', 0..=3, 0, 0, 0, ..])
}

/// Where `needle` first stands in `hay`.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0_usize;
    while let Some(tail) = hay.get(from..) {
        let at = from.checked_add(tail.iter().position(|byte| *byte == first)?)?;
        if hay.get(at..).is_some_and(|tail| tail.starts_with(needle)) {
            return Some(at);
        }
        from = at.checked_add(1)?;
    }
    None
}

const SNIFFED: usize = 8192;
const SNIFFED_LINES: usize = 60;
const USUAL_HIDDEN: &[&str] = &[
    ".gitignore",
    ".gitattributes",
    ".gitkeep",
    ".editorconfig",
    ".npmignore",
    ".prettierrc",
    ".env.example",
    ".claude-plugin",
    ".github",
    ".dockerignore",
    ".eslintrc.json",
    ".clawhub",
    ".claude",
    ".nvmrc",
    ".keep",
    ".env.sample",
    ".env.template",
    ".skillfish.json",
    ".npmrc.example",
    ".cursor",
    ".mcp.json",
    ".gitmodules",
];
const SHELL_WORDS: &[&str] = &[
    "curl ",
    "wget ",
    "bash ",
    "sh ",
    "sudo ",
    "chmod ",
    "echo ",
    "npm ",
    "npx ",
    "pip ",
    "pip3 ",
    "git ",
    "export ",
    "cd ",
    "mkdir ",
    "brew ",
    "apt ",
    "apt-get ",
    "docker ",
    "source ",
    "python ",
    "python3 ",
    "node ",
    "cat ",
    "rm ",
    "./",
    "uv ",
    "uvx ",
    "openclaw ",
    "clawhub ",
    "base64 ",
    "eval ",
    "nc ",
    "ssh ",
    "scp ",
    "cp ",
    "mv ",
    "tar ",
    "unzip ",
    "xattr ",
    "osascript ",
    "launchctl ",
    "crontab ",
    "nohup ",
    "printf ",
];
const MAGIC: &[(&[u8], Kind)] = &[
    (b"\x7fELF", Kind::Native),
    (b"\xcf\xfa\xed\xfe", Kind::Native),
    (b"\xce\xfa\xed\xfe", Kind::Native),
    (b"\xca\xfe\xba\xbe", Kind::Native),
    (b"MZ\x90\x00", Kind::Native),
    (b"MZ\x00\x00", Kind::Native),
    (b"MZ\x50\x00", Kind::Native),
    (b"!<arch>\n", Kind::Native),
    (b"\x00asm", Kind::Native),
    (b"dex\n", Kind::Native),
    (b"PK\x03\x04", Kind::Zip),
    (b"PK\x05\x06", Kind::Zip),
    (b"\x1f\x8b\x08", Kind::Gzip),
    (b"7z\xbc\xaf\x27\x1c", Kind::OtherArchive),
    (b"Rar!\x1a\x07", Kind::OtherArchive),
    (b"\xfd7zXZ\x00", Kind::OtherArchive),
    (b"\x28\xb5\x2f\xfd", Kind::OtherArchive),
    (b"BZh", Kind::OtherArchive),
    (b"\x89PNG", Kind::Image),
    (b"\xff\xd8\xff", Kind::Image),
    (b"GIF8", Kind::Image),
    (b"RIFF", Kind::Image),
    (b"%PDF", Kind::Document),
    (b"\xd0\xcf\x11\xe0", Kind::Document),
];

#[cfg(test)]
mod tests;
