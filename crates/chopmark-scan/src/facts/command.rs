//! Commands that stand in running text, in data, or in a block that claims another language.

/// Lines of `text` that hold a command which fetches, decodes or connects, with their numbers: from
/// the command's first word to the end of the line.
pub(crate) fn command_lines(text: &str) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    // Most texts hold hardly any of the marks.
    let marks: Vec<&str> = MARKS
        .iter()
        .filter(|mark| text.contains(**mark))
        .copied()
        .collect();
    if marks.is_empty() {
        return found;
    }
    for (line, number) in text.lines().zip(1_u32..) {
        if !marks.iter().any(|mark| line.contains(mark)) {
            continue;
        }
        let start = STARTS.iter().filter_map(|start| line.find(start)).min();
        if let Some(command) = start.and_then(|start| line.get(start..)) {
            found.push((number, plain(command)));
        }
    }
    found
}

/// Without the marks of Markdown and JSON around a command.
fn plain(command: &str) -> String {
    let command = command.split('`').next().unwrap_or(command);
    let command = command.replace("\\\"", "\"");
    let open = command.matches('"').count() % 2 == 1;
    let command = if open {
        command
            .trim_end_matches([',', ' ', '}', ']', ')'])
            .trim_end_matches('"')
            .to_owned()
    } else {
        command
    };
    command.trim_end_matches("**").to_owned()
}

/// What makes a line worth parsing.
const MARKS: &[&str] = &[
    "curl ",
    "wget ",
    "base64 ",
    "/dev/tcp/",
    "nc -",
    "ncat ",
    "| bash",
    "| sh",
    "|bash",
    "|sh",
    "dig ",
];
/// Words with which such a command begins.
const STARTS: &[&str] = &[
    "echo \"",
    "echo '",
    "echo $",
    "curl ",
    "wget ",
    "bash -c",
    "sh -c",
    "bash <(",
    "sudo curl",
    "sudo bash",
    "cat ~",
    "cat /",
    "cat .",
    "cat $",
    "env |",
    "printenv",
    "nc -",
    "ncat ",
    "bash -i",
    "find ~",
    "tar c",
    "eval ",
    "printf ",
    "base64 ",
    "dig ",
];
