//! Packages that a command installs.

/// The manager and the packages that `program` with `words` installs: `pip requests`.
pub(super) fn installs(program: &str, words: &[&str]) -> Vec<String> {
    let (manager, rest) = match (program, words) {
        ("pip" | "pip3", ["install", rest @ ..]) => ("pip", rest),
        ("python" | "python3", ["-m", "pip", "install", rest @ ..]) => ("pip", rest),
        (
            "uv",
            ["pip", "install", rest @ ..] | ["add", rest @ ..] | ["tool", "install", rest @ ..],
        ) => ("pip", rest),
        ("pipx", ["install" | "run", rest @ ..]) => ("pip", rest),
        ("uvx", rest) => ("pip", rest.get(..1).unwrap_or_default()),
        ("npm" | "pnpm", ["install" | "i" | "add", rest @ ..]) => ("npm", rest),
        ("yarn" | "bun", ["add", rest @ ..] | ["global", "add", rest @ ..]) => ("npm", rest),
        ("npx" | "bunx", rest) => ("npm", first_word(rest)),
        ("pnpm", ["dlx", rest @ ..]) => ("npm", first_word(rest)),
        ("brew", ["install", rest @ ..]) => ("brew", rest),
        (
            "apt" | "apt-get" | "dnf" | "yum" | "apk" | "pacman",
            ["install" | "add" | "-S", rest @ ..],
        ) => ("system", rest),
        ("cargo", ["install", rest @ ..]) => ("cargo", rest),
        ("go", ["install" | "get", rest @ ..]) => ("go", rest),
        ("gem", ["install", rest @ ..]) => ("gem", rest),
        ("winget" | "choco" | "scoop", ["install", rest @ ..]) => ("windows", rest),
        ("clawhub" | "openclaw" | "skills", ["install" | "add", rest @ ..]) => ("skill", rest),
        _ => return Vec::new(),
    };
    let plain = |word: &&&str| {
        !word.starts_with(['-', '<', '$', '#', '&', '|', '.', '>'])
            && !word.is_empty()
            && word.len() < 120
    };
    rest.iter()
        .take_while(|word| !matches!(**word, "&&" | "||" | "|" | ";" | "#"))
        .filter(plain)
        .map(|word| format!("{manager} {}", word.trim_matches(['"', '\'', '`'])))
        .collect()
}

fn first_word<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    let at = words.iter().position(|word| !word.starts_with('-'));
    at.and_then(|at| words.get(at..at.saturating_add(1)))
        .unwrap_or_default()
}
