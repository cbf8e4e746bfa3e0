//! Scripts over unmodified programs, and the programs that each starts.

/// A script and the programs that it is granted.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) programs: &'static [&'static str],
    pub(super) script: &'static str,
}

pub(super) fn shell() -> [Case; 3] {
    [
        Case {
            name: "bash",
            programs: &["bash", "cat", "sort"],
            script: include_str!("bash.sh"),
        },
        Case {
            name: "coreutils",
            programs: &[
                "base64",
                "basename",
                "cat",
                "chmod",
                "cksum",
                "comm",
                "cp",
                "csplit",
                "cut",
                "date",
                "dd",
                "dirname",
                "du",
                "env",
                "expand",
                "expr",
                "factor",
                "fmt",
                "fold",
                "head",
                "install",
                "join",
                "ln",
                "ls",
                "md5sum",
                "mktemp",
                "mv",
                "nl",
                "numfmt",
                "od",
                "paste",
                "printf",
                "readlink",
                "realpath",
                "rm",
                "rmdir",
                "seq",
                "sha256sum",
                "shuf",
                "sleep",
                "sort",
                "split",
                "stat",
                "sum",
                "tac",
                "tail",
                "tee",
                "test",
                "timeout",
                "touch",
                "tr",
                "truncate",
                "tsort",
                "uniq",
                "wc",
                "yes",
            ],
            script: include_str!("coreutils.sh"),
        },
        Case {
            name: "find and xargs",
            programs: &[
                "find", "xargs", "sort", "touch", "wc", "cat", "basename", "rm", "grep", "echo",
            ],
            script: include_str!("find.sh"),
        },
    ]
}

pub(super) fn data() -> [Case; 6] {
    [
        Case {
            name: "sed, awk and grep",
            programs: &["sed", "awk", "mawk", "grep", "diff", "cat"],
            script: include_str!("text.sh"),
        },
        Case {
            name: "jq",
            programs: &["jq", "cat"],
            script: include_str!("jq.sh"),
        },
        Case {
            name: "sqlite3",
            programs: &["sqlite3"],
            script: include_str!("sqlite.sh"),
        },
        Case {
            name: "tar, gzip and zip",
            programs: &[
                "tar",
                "gzip",
                "bzip2",
                "xz",
                "cat",
                "touch",
                "rm",
                "sha256sum",
                "find",
                "sort",
            ],
            script: include_str!("tar.sh"),
        },
        Case {
            name: "ripgrep",
            programs: &["rg", "sort"],
            script: "mkdir -p src/deep; echo 'fn main() {}' >src/main.rs; echo needle >src/deep/hay.txt\n\
                rg --sort path needle; rg -c --sort path main src; rg --files src | sort; ! rg absent\n",
        },
        Case {
            name: "curl",
            programs: &["curl", "cat"],
            script: "echo content >file; curl -sS file://$PWD/file -o copy; cat copy\n\
                curl -sS file://$PWD/absent 2>/dev/null || echo $?\ncurl --version >/dev/null\n",
        },
    ]
}

pub(super) fn python() -> [Case; 2] {
    [
        Case {
            name: "python",
            programs: &["python3", "cat"],
            script: include_str!("python.sh"),
        },
        Case {
            name: "venv and pip",
            programs: &["python3", "cat", "rm"],
            script: include_str!("venv.sh"),
        },
    ]
}

pub(super) fn node() -> [Case; 2] {
    [
        Case {
            name: "node",
            programs: &["node", "cat"],
            script: include_str!("node.sh"),
        },
        Case {
            name: "npm",
            programs: &["npm", "node", "cat", "tar", "rm"],
            script: include_str!("npm.sh"),
        },
    ]
}

pub(super) fn build() -> [Case; 3] {
    [
        Case {
            name: "git",
            programs: &["git", "cat", "rm"],
            script: include_str!("git.sh"),
        },
        Case {
            name: "make",
            programs: &["make", "cat", "sort", "wc", "rm"],
            script: include_str!("make.sh"),
        },
        Case {
            name: "gcc",
            programs: &["gcc", "cat", "nm", "ar", "rm", "strip"],
            script: include_str!("gcc.sh"),
        },
    ]
}
