//! What is known about functions, programs and paths, for all languages at once.

mod lists;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use lists::{
    DECODERS, DESERIALISERS, ENCODERS, EVALUATORS, EXECUTORS, FETCHERS, OWN_SECRETS, SECRET_PATHS,
    SENDERS, SPIES,
};

/// What data carries, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Taint(u16);

impl Taint {
    pub(super) const NONE: Self = Self(0);
    /// Content of a file that holds keys or passwords.
    pub(super) const SECRET_FILE: Self = Self(1);
    /// The whole environment.
    pub(super) const ALL_ENV: Self = Self(2);
    /// Bytes from the network.
    pub(super) const DOWNLOAD: Self = Self(4);
    /// Bytes that were decoded.
    pub(super) const DECODED: Self = Self(8);
    /// Keys typed, the clipboard, or the screen.
    pub(super) const SPIED: Self = Self(16);
    /// One environment variable whose name speaks of a key.
    pub(super) const CREDENTIAL: Self = Self(32);

    /// Content of a temporary file.
    pub(super) const TEMP_FILE: Self = Self(64);

    /// Content of a file in which a program keeps keys of its own.
    pub(super) const OWN_SECRET: Self = Self(128);

    /// Text that was put into base64 or hexadecimal.
    pub(super) const ENCODED: Self = Self(256);

    /// A person's folder as a whole.
    pub(super) const HOME: Self = Self(512);

    /// Part of what was asked about was not looked at.
    pub(super) const CUT: Self = Self(1024);

    const NAMES: [(Self, &'static str); 10] = [
        (Self::HOME, "home"),
        (Self::ENCODED, "encoded"),
        (Self::OWN_SECRET, "own-secret"),
        (Self::TEMP_FILE, "temp-file"),
        (Self::SECRET_FILE, "secret-file"),
        (Self::ALL_ENV, "env-all"),
        (Self::DOWNLOAD, "download"),
        (Self::DECODED, "decoded"),
        (Self::SPIED, "spied"),
        (Self::CREDENTIAL, "credential"),
    ];

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .filter(move |(taint, _)| self.has(*taint))
            .map(|(_, name)| name)
    }
}

/// What a call does with what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sink {
    /// Starts it as a program or gives it to a shell.
    Execute,
    /// Runs it as code of the same program.
    Evaluate,
    /// Sends it elsewhere.
    Network,
    /// Asks for a name that is made of it.
    Names,
    /// Makes objects of it, whose making may run code.
    Deserialise,
}

/// The source that a call is, by its callee.
pub(super) fn source_of_call(callee: &str, arguments: &str) -> Taint {
    let last = last_part(callee);
    if is(callee, DECODERS)
        || (last == "from" && callee.ends_with("Buffer.from") && is_encoding(arguments))
    {
        return Taint::DECODED;
    }
    if is(callee, ENCODERS) || (last == "toString" && is_encoding(arguments)) {
        return Taint::ENCODED;
    }
    if is(callee, FETCHERS) || (last == "get" && callee.starts_with("http")) {
        return Taint::DOWNLOAD;
    }
    if is(callee, SPIES) {
        return Taint::SPIED;
    }
    Taint::NONE
}

/// The sink that a call is, by its callee.
pub(super) fn sink_of_call(callee: &str) -> Option<Sink> {
    if is(callee, EVALUATORS) {
        return Some(Sink::Evaluate);
    }
    if is(callee, EXECUTORS) {
        return Some(Sink::Execute);
    }
    if is(callee, DESERIALISERS) {
        return Some(Sink::Deserialise);
    }
    is(callee, SENDERS).then_some(Sink::Network)
}

/// The source that a shell command is.
pub(super) fn source_of_command(program: &str, arguments: &str) -> Taint {
    let has = |flags: &[&str]| {
        arguments
            .split_whitespace()
            .any(|word| flags.contains(&word))
    };
    match program {
        "curl" | "wget" | "fetch" | "aria2c" => Taint::DOWNLOAD,
        "base64" | "base32" if has(&["-d", "-D", "--decode", "-di", "-id"]) => Taint::DECODED,
        "base64" | "base32" | "xxd" if !arguments.contains("-r") => Taint::ENCODED,
        "xxd" if has(&["-r", "-r -p", "-rp", "-p"]) && arguments.contains("-r") => Taint::DECODED,
        "openssl" if has(&["-d"]) => Taint::DECODED,
        "rev" => Taint::DECODED,
        "env" | "printenv" if arguments.trim().is_empty() => Taint::ALL_ENV,
        "set" | "export" | "declare" if matches!(arguments.trim(), "" | "-p" | "-x") => {
            Taint::ALL_ENV
        }
        "security" if arguments.contains("-password") || arguments.contains("dump-keychain") => {
            Taint::SECRET_FILE
        }
        "secret-tool" | "kwallet-query" => Taint::SECRET_FILE,
        "pbpaste" | "xclip" | "screencapture" | "xsel" | "wl-paste" => Taint::SPIED,
        // `$(API_TOKEN)`: a substitution that was meant to be a variable.
        name if name.len() > 4
            && is_credential_name(name)
            && !name.contains(|c: char| c.is_ascii_lowercase()) =>
        {
            Taint::CREDENTIAL
        }
        _ => Taint::NONE,
    }
}

/// The sink that a shell command is.
pub(super) fn sink_of_command(program: &str, arguments: &str) -> Option<Sink> {
    if is_interpreter(program) || matches!(program, "eval" | "source" | "." | "osascript" | "exec")
    {
        return Some(Sink::Execute);
    }
    if program == "xargs" {
        let mut words = arguments.split_whitespace();
        return words.find_map(|word| match word {
            "curl" | "wget" | "nc" => Some(Sink::Network),
            word if is_interpreter(word) => Some(Sink::Execute),
            _ => None,
        });
    }
    if program == "sudo" || program == "env" || program == "nohup" || program == "command" {
        let inner = arguments
            .split_whitespace()
            .find(|word| !word.starts_with('-') && !word.contains('='));
        return inner
            .filter(|inner| is_interpreter(inner))
            .map(|_| Sink::Execute);
    }
    let sends = [
        "-d",
        "-F",
        "-T",
        "--data",
        "--data-binary",
        "--data-raw",
        "--data-urlencode",
        "--form",
        "--upload-file",
    ];
    let words = || arguments.split_whitespace();
    match program {
        "curl"
            if words().any(|word| {
                sends.iter().any(|flag| {
                    word == *flag
                        || word.starts_with(&format!("{flag}="))
                        || (flag.len() == 2 && word.starts_with(flag) && !word.starts_with("--"))
                })
            }) =>
        {
            Some(Sink::Network)
        }
        "wget" if arguments.contains("--post-") || arguments.contains("--body-") => {
            Some(Sink::Network)
        }
        "nc" | "ncat" | "netcat" | "scp" | "rsync" | "ftp" | "sftp" | "telnet" | "mail"
        | "sendmail" => Some(Sink::Network),
        "dig" | "nslookup" | "host" | "ping" => Some(Sink::Names),
        _ => None,
    }
}

/// Whether `program` runs what it reads or is given.
pub(super) fn is_interpreter(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    matches!(
        name,
        "sh" | "bash"
            | "zsh"
            | "dash"
            | "ksh"
            | "python"
            | "python3"
            | "python2"
            | "perl"
            | "ruby"
            | "node"
            | "php"
            | "pwsh"
            | "powershell"
            | "osascript"
            | "deno"
            | "bun"
    )
}

/// Whether `text` names a file or folder that holds keys, passwords, cookies or wallets.
pub(super) fn is_secret_path(text: &str) -> bool {
    let lower = text.replace('\\', "/").to_ascii_lowercase();
    if lower.len() > 400 {
        return false;
    }
    SECRET_PATHS.iter().any(|path| lower.contains(path))
        || [
            "/.ssh", "/.aws", "/.gnupg", "/.kube", ".ssh", ".aws", ".gnupg",
        ]
        .iter()
        .any(|end| lower.ends_with(end))
}

/// Whether `text` names a file in which programs keep keys of their own.
pub(super) fn is_own_secret_path(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.len() <= 400 && OWN_SECRETS.iter().any(|end| lower.ends_with(end))
}

/// Whether `text` is a person's folder, or one of those in which people keep their files.
pub(super) fn is_home(text: &str) -> bool {
    let bare = text.trim_end_matches(['/', '*']);
    let home = ["~", "$HOME", "${HOME}", "/root", "/home", "/Users"];
    let kept = ["Documents", "Desktop", "Downloads", "Pictures"];
    home.contains(&bare)
        || bare.rsplit_once('/').is_some_and(|(head, last)| {
            kept.contains(&last) && (home.contains(&head) || head.starts_with("/Users/"))
        })
}

/// Whether `text` names a file in a folder that everybody may write.
pub(super) fn is_temporary(text: &str) -> bool {
    ["/tmp/", "/var/tmp/", "/dev/shm/"]
        .iter()
        .any(|folder| text.starts_with(folder))
}

/// Whether the name of a variable speaks of a key.
pub(super) fn is_credential_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    [
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "API_KEY",
        "APIKEY",
        "ACCESS_KEY",
        "PRIVATE_KEY",
        "CREDENTIAL",
        "DATABASE_URL",
        "CONNECTION_STRING",
        "SIGNING_KEY",
        "ENCRYPTION_KEY",
    ]
    .iter()
    .any(|word| upper.contains(word))
}

/// The last name of a chain.
pub(super) fn last_part(callee: &str) -> &str {
    callee.rsplit('.').next().unwrap_or(callee)
}

fn is(callee: &str, list: &[&str]) -> bool {
    // Most calls of most scripts are to functions of their own.
    if !LAST_PARTS.contains(last_part(callee)) {
        return false;
    }
    list.iter().any(|name| {
        callee == *name
            || (name.starts_with('.') && callee.ends_with(name))
            || (name.contains('.')
                && callee.ends_with(name)
                && callee
                    .strip_suffix(name)
                    .is_some_and(|head| head.ends_with('.')))
    })
}

/// The last parts of all names that are known.
static LAST_PARTS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let lists = [
        DECODERS,
        DESERIALISERS,
        ENCODERS,
        EVALUATORS,
        EXECUTORS,
        FETCHERS,
        SENDERS,
        SPIES,
    ];
    let names = lists.into_iter().flatten();
    names.map(|name| last_part(name)).collect()
});

fn is_encoding(arguments: &str) -> bool {
    ["base64", "hex"]
        .iter()
        .any(|name| arguments.contains(name))
}
