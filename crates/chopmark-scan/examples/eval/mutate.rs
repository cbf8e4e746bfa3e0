//! Ways in which a sample that is found may be changed without changing what it does to a reader.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::corpus::Files;

/// The six families, each applied to all of `files` that it fits.
pub(crate) fn families(files: &Files) -> Vec<(&'static str, Files)> {
    vec![
        ("zero-width", texts(files, zero_width)),
        ("renamed", renamed(files)),
        ("shell-quotes", texts(files, shell_quotes)),
        ("moved-body", moved(files)),
        ("base64", wrapped(files)),
        ("homographs", texts(files, homographs)),
    ]
}

fn texts(files: &Files, change: fn(&str) -> String) -> Files {
    let mut files = files.clone();
    for (_, _, bytes) in &mut files {
        if let Ok(text) = std::str::from_utf8(bytes) {
            *bytes = with_body(text, change).into_bytes();
        }
    }
    files
}

/// Changes all but the front matter, which must stay readable to be a skill at all.
fn with_body(text: &str, change: fn(&str) -> String) -> String {
    let (head, body) = split(text);
    format!("{head}{}", change(body))
}

fn split(text: &str) -> (&str, &str) {
    let end = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.find("\n---\n"))
        .map_or(0, |at| at.saturating_add(9));
    text.split_at_checked(end).unwrap_or(("", text))
}

/// A zero-width space after the second letter of every word of five letters and more.
fn zero_width(text: &str) -> String {
    words(text, |word| {
        if word.len() < 5 {
            return word.to_owned();
        }
        let (head, tail) = word.split_at_checked(2).unwrap_or((word, ""));
        format!("{head}\u{200b}{tail}")
    })
}

/// Empty quotes inside the names of commands.
fn shell_quotes(text: &str) -> String {
    words(text, |word| match word {
        "curl" | "wget" | "bash" | "base64" | "python3" | "python" | "eval" | "sh" | "nc"
        | "chmod" | "node" => {
            let (head, tail) = word.split_at_checked(1).unwrap_or((word, ""));
            format!("{head}''{tail}")
        }
        _ => word.to_owned(),
    })
}

/// One Cyrillic letter for a Latin one in every word of four letters and more.
fn homographs(text: &str) -> String {
    words(text, |word| {
        if word.len() < 4 {
            return word.to_owned();
        }
        for (latin, other) in [('o', 'о'), ('a', 'а'), ('e', 'е'), ('c', 'с'), ('p', 'р')] {
            if word.contains(latin) {
                return word.replacen(latin, &other.to_string(), 1);
            }
        }
        word.to_owned()
    })
}

/// Applies `change` to each run of ASCII letters and digits.
fn words(text: &str, change: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            word.push(character);
            continue;
        }
        out.push_str(&change(&word));
        word.clear();
        out.push(character);
    }
    out.push_str(&change(&word));
    out
}

/// Scripts under a name that no interpreter claims, named so in every text that starts them.
fn renamed(files: &Files) -> Files {
    const SCRIPTS: &[&str] = &["py", "sh", "js", "ts", "ps1", "mjs", "bash"];
    let mut files = files.clone();
    let mut names: Vec<(String, String)> = Vec::new();
    for (path, ..) in &mut files {
        if let Some((stem, extension)) = path.rsplit_once('.')
            && SCRIPTS.contains(&extension)
        {
            let new = format!("{stem}.{extension}.txt");
            let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
            names.push((base(path), base(&new)));
            *path = new;
        }
    }
    for (_, _, bytes) in &mut files {
        let Ok(text) = std::str::from_utf8(bytes) else {
            continue;
        };
        let mut text = text.to_owned();
        for (old, new) in &names {
            text = text.replace(old.as_str(), new);
        }
        *bytes = text.into_bytes();
    }
    files
}

/// The body of `SKILL.md` in a file of its own, which `SKILL.md` tells the agent to read.
fn moved(files: &Files) -> Files {
    let mut files = files.clone();
    let mut body = None;
    for (path, mode, bytes) in &mut files {
        if path.eq_ignore_ascii_case("skill.md")
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            let (head, rest) = split(text);
            body = Some((
                "references/guide.md".to_owned(),
                *mode,
                rest.as_bytes().to_vec(),
            ));
            *bytes = format!("{head}\nFollow references/guide.md.\n").into_bytes();
        }
    }
    files.retain(|(path, ..)| path != "references/guide.md");
    files.extend(body);
    files
}

/// Scripts, and blocks of shell in Markdown, wrapped in base64 with what decodes them.
fn wrapped(files: &Files) -> Files {
    let mut files = files.clone();
    for (path, _, bytes) in &mut files {
        let Ok(text) = std::str::from_utf8(bytes) else {
            continue;
        };
        let encoded = STANDARD.encode(bytes.as_slice());
        let script = match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "py" => format!("import base64\nexec(base64.b64decode(\"{encoded}\"))\n"),
            "sh" | "bash" => format!("echo {encoded} | base64 -d | bash\n"),
            "js" | "mjs" => format!("eval(atob(\"{encoded}\"));\n"),
            "md" => fences(text),
            _ => continue,
        };
        *bytes = script.into_bytes();
    }
    files
}

fn fences(text: &str) -> String {
    let mut out = String::new();
    let mut code: Option<String> = None;
    for line in text.split_inclusive('\n') {
        let mark = line.trim();
        match &mut code {
            None if matches!(mark, "```bash" | "```sh" | "```shell") => code = Some(String::new()),
            Some(block) if mark == "```" => {
                let encoded = STANDARD.encode(block.as_bytes());
                out.push_str(&format!(
                    "```bash\necho {encoded} | base64 -d | bash\n```\n"
                ));
                code = None;
            }
            Some(block) => block.push_str(line),
            None => out.push_str(line),
        }
    }
    out.push_str(&code.unwrap_or_default());
    out
}
