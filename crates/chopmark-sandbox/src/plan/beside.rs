//! What some programs are made of: parts that they start and nobody calls by hand.

/// Parts of one program.
pub(super) struct Parts {
    /// The program's name.
    program: &'static str,
    /// Folders of which it starts any program.
    pub(super) folders: &'static [&'static str],
    /// Programs of the search path that it starts, where they are installed.
    pub(super) programs: &'static [&'static str],
}

/// The parts of `program`; they do nothing that it does not do by itself.
pub(super) fn parts_of(program: &str) -> Option<&'static Parts> {
    PARTS.iter().find(|parts| parts.program == program)
}

const fn compiler(program: &'static str) -> Parts {
    Parts {
        program,
        folders: COMPILERS,
        programs: &["as", "ld"],
    }
}

const PARTS: &[Parts] = &[
    compiler("c++"),
    compiler("cc"),
    compiler("g++"),
    compiler("gcc"),
    Parts {
        program: "git",
        folders: &[
            "/usr/lib/git-core",
            "/usr/libexec/git-core",
            "/usr/local/libexec/git-core",
        ],
        programs: &[],
    },
];

/// Where GCC keeps its passes.
const COMPILERS: &[&str] = &["/usr/lib/gcc", "/usr/libexec/gcc"];
