//! What is known about functions, programs and paths, for all languages at once.

/// What data carries, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Taint(u8);

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

    const NAMES: [(Self, &'static str); 6] = [
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
    /// Runs it.
    Execute,
    /// Sends it elsewhere.
    Network,
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
        "xxd" if has(&["-r", "-r -p", "-rp", "-p"]) && arguments.contains("-r") => Taint::DECODED,
        "openssl" if has(&["-d"]) => Taint::DECODED,
        "rev" => Taint::DECODED,
        "env" | "printenv" if arguments.trim().is_empty() => Taint::ALL_ENV,
        "set" | "export" | "declare" if matches!(arguments.trim(), "" | "-p" | "-x") => {
            Taint::ALL_ENV
        }
        "pbpaste" | "xclip" | "screencapture" => Taint::SPIED,
        _ => Taint::NONE,
    }
}

/// The sink that a shell command is.
pub(super) fn sink_of_command(program: &str, arguments: &str) -> Option<Sink> {
    if is_interpreter(program) || matches!(program, "eval" | "source" | "." | "osascript" | "exec")
    {
        return Some(Sink::Execute);
    }
    if program == "xargs" && arguments.split_whitespace().any(is_interpreter) {
        return Some(Sink::Execute);
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
        || lower == ".env"
        || lower.ends_with("/.env")
        || [
            "/.ssh", "/.aws", "/.gnupg", "/.kube", ".ssh", ".aws", ".gnupg",
        ]
        .iter()
        .any(|end| lower.ends_with(end))
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
    ]
    .iter()
    .any(|word| upper.contains(word))
}

/// The last name of a chain.
pub(super) fn last_part(callee: &str) -> &str {
    callee.rsplit('.').next().unwrap_or(callee)
}

fn is(callee: &str, list: &[&str]) -> bool {
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

fn is_encoding(arguments: &str) -> bool {
    ["base64", "hex"]
        .iter()
        .any(|name| arguments.contains(name))
}

const DECODERS: &[&str] = &[
    "base64.b64decode",
    "base64.b32decode",
    "base64.b16decode",
    "base64.b85decode",
    "base64.urlsafe_b64decode",
    "base64.standard_b64decode",
    "base64.decodebytes",
    "b64decode",
    "binascii.unhexlify",
    "binascii.a2b_base64",
    "bytes.fromhex",
    "bytearray.fromhex",
    "codecs.decode",
    "zlib.decompress",
    "gzip.decompress",
    "lzma.decompress",
    "bz2.decompress",
    "marshal.loads",
    "atob",
    "window.atob",
    "unescape",
    "String.fromCharCode",
    ".decrypt",
];
const FETCHERS: &[&str] = &[
    "requests.get",
    "requests.request",
    "requests.Session",
    "urllib.request.urlopen",
    "urlopen",
    "urllib.urlopen",
    "urllib.request.urlretrieve",
    "urlretrieve",
    "httpx.get",
    "httpx.request",
    "session.get",
    "client.get",
    "fetch",
    "axios",
    "axios.get",
    "got",
    "got.get",
    "https.get",
    "http.get",
    "needle.get",
    "superagent.get",
    "aiohttp.get",
    "wget.download",
    "http.client.HTTPSConnection",
    "http.client.HTTPConnection",
    ".recv",
];
const SPIES: &[&str] = &[
    "pyperclip.paste",
    "ImageGrab.grab",
    "pyautogui.screenshot",
    "mss.mss",
    "clipboard.readSync",
    "clipboard.read",
    "keyboard.record",
    "keyboard.read_event",
    "keyring.get_password",
    "win32clipboard.GetClipboardData",
];
const EXECUTORS: &[&str] = &[
    "exec",
    "eval",
    "compile",
    "os.system",
    "os.popen",
    "os.execv",
    "os.execve",
    "os.execvp",
    "os.spawnv",
    "os.spawnl",
    "os.startfile",
    "subprocess.run",
    "subprocess.call",
    "subprocess.Popen",
    "subprocess.check_output",
    "subprocess.check_call",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "Popen",
    "check_output",
    "asyncio.create_subprocess_shell",
    "asyncio.create_subprocess_exec",
    "child_process.exec",
    "child_process.execSync",
    "child_process.spawn",
    "child_process.spawnSync",
    "child_process.execFile",
    "child_process.fork",
    "execSync",
    "spawnSync",
    "spawn",
    "execFile",
    "execFileSync",
    "execAsync",
    "Function",
    "vm.runInThisContext",
    "vm.runInNewContext",
    "vm.runInContext",
    "__import__",
    "importlib.import_module",
    "runpy.run_path",
    "pty.spawn",
    "types.FunctionType",
    "Bun.spawn",
    "cp.exec",
    "cp.execSync",
    "builtins.exec",
    "__builtins__.exec",
];
const DESERIALISERS: &[&str] = &[
    "pickle.loads",
    "pickle.load",
    "cPickle.loads",
    "dill.loads",
    "marshal.loads",
    "yaml.unsafe_load",
    "jsonpickle.decode",
    "shelve.open",
    "joblib.load",
];
const SENDERS: &[&str] = &[
    "requests.post",
    "requests.put",
    "requests.patch",
    "requests.request",
    "requests.get",
    "urllib.request.urlopen",
    "urlopen",
    "urllib.request.Request",
    "httpx.post",
    "httpx.put",
    "httpx.get",
    "httpx.request",
    "session.post",
    "client.post",
    ".sendall",
    ".sendto",
    ".sendmail",
    ".send_message",
    ".storbinary",
    "socket.send",
    "sock.send",
    "s.send",
    "fetch",
    "axios",
    "axios.post",
    "axios.put",
    "axios.get",
    "got.post",
    "https.request",
    "http.request",
    "https.get",
    "http.get",
    "needle.post",
    "superagent.post",
    "navigator.sendBeacon",
    "XMLHttpRequest.send",
    "xhr.send",
    "ws.send",
    "socket.gethostbyname",
    "dns.lookup",
    "dns.resolve",
    "request.post",
    "boto3.put_object",
];
const SECRET_PATHS: &[&str] = &[
    ".ssh/",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    ".aws/credentials",
    ".aws/config",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".git-credentials",
    ".docker/config.json",
    ".kube/config",
    ".gnupg/",
    ".config/gcloud",
    "application_default_credentials",
    "login.keychain",
    "library/keychains",
    "login data",
    "cookies.sqlite",
    "logins.json",
    "key4.db",
    "/cookies",
    "wallet.dat",
    ".electrum",
    "exodus.wallet",
    ".config/solana",
    "keystore/utc",
    "metamask",
    "nkbihfbeogaeaoehlefnkodbefgpgknn",
    "/etc/shadow",
    "/etc/passwd",
    ".azure/accesstokens",
    ".azure/msal",
    ".config/gh/hosts",
    ".openclaw/.env",
    ".openclaw/openclaw.json",
    ".clawdbot/.env",
    ".clawdbot/",
    ".moltbot/",
    ".openclaw/credentials",
    ".openclaw/identity",
    ".claude.json",
    ".claude/.credentials",
    ".bash_history",
    ".zsh_history",
    ".env.local",
    ".env.production",
    "/.env",
    "credentials.json",
    "secrets.json",
    "secrets.yaml",
    "token.json",
    ".vault-token",
    ".password-store",
    "1password",
    "keepass",
    "telegram desktop/tdata",
    "leveldb",
    "appdata/roaming/discord",
    "user data/default",
    "service-account.json",
];
