//! Step 4: the skill runs, confined and recorded.

use super::Cast;
use super::world::write;
use crate::demo::stage::{Act, Stage};
use crate::demo::strace;
use crate::demo::weather::TOKEN;
use crate::error::CommandError;

pub(super) fn play(stage: &mut Stage<'_>, cast: &Cast) -> Result<(), CommandError> {
    stage.step(
        "4",
        "It runs with unmodified curl and Python, confined and recorded",
    );
    let host = &cast.host;
    write(&host.folder.join("city.txt"), "Macau\n")?;
    for entry in ["scripts/report.sh", "scripts/report.py"] {
        stage.run(through(
            cast,
            host.does(["run", "@sunny/weather", "--", entry]),
        ))?;
    }
    let reports = ["out/report.json", "out/report-python.json"];
    stage.check(
        "both wrote their report into the workspace",
        reports.iter().all(|path| {
            std::fs::read_to_string(host.folder.join(path))
                .is_ok_and(|text| text.contains("celsius"))
        }),
    );
    let seen = cast.weather.seen();
    stage.check(
        "the service got the real token, which the broker placed",
        seen.len() == 2
            && seen.iter().all(|request| {
                request.authorization.as_deref() == Some(&format!("Bearer {TOKEN}"))
            }),
    );
    let search = stage.run(through(
        cast,
        host.does(["run", "@sunny/weather", "--", "python3", "-c", SEARCH]),
    ))?;
    stage.check(
        "the skill finds the token nowhere: environment, /proc, files",
        search.stdout.contains("hits 0 in ") && !search.stdout.contains(TOKEN),
    );
    let shown = stage.run(host.does(["--json", "journal", "show"]))?;
    let first = stage.run(host.does(["journal", "list"]))?;
    let runs: Vec<&str> = first
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let curl = runs.last().copied().unwrap_or_default();
    let journal = stage.run(host.does(["journal", "show", curl]))?;
    stage.check(
        "the journal of the first run names the city's file, the report and the one host",
        ["city.txt", "out/report.json", "localhost"]
            .iter()
            .all(|what| journal.stdout.contains(what)),
    );
    stage.check(
        "the token stands in no journal",
        !shown.stdout.contains(TOKEN) && !journal.stdout.contains(TOKEN),
    );
    stage.run(host.does(["journal", "verify", curl]))?;
    beside_strace(stage, cast, curl)?;
    stage.tell("the programs did their work and never held the secret; the record is signed and lies where they cannot reach it");
    Ok(())
}

/// Runs the same script without Chopmark under strace, and compares what both saw.
///
/// What must differ is left out on both sides and listed in [`DIFFERENT`].
fn beside_strace(stage: &mut Stage<'_>, cast: &Cast, run: &str) -> Result<(), CommandError> {
    let folder = &cast.host.folder;
    let script = folder.join(".agents/skills/weather/scripts/report.sh");
    let authority = cast.weather.authority().to_string_lossy().into_owned();
    let environment = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("HOME", "/home/skill"),
        ("TMPDIR", "/tmp"),
        ("LANG", "C.UTF-8"),
        ("TERM", "dumb"),
        ("WEATHER_TOKEN", TOKEN),
        ("CURL_CA_BUNDLE", authority.as_str()),
    ];
    let words = ["/usr/bin/sh", &script.to_string_lossy()];
    let Some(mut traced) = strace::watch(folder, &environment, &words) else {
        stage.tell("skipped: strace is not installed, so 1 comparison with it is left out");
        return Ok(());
    };
    let shown = stage.run(cast.host.does(["--json", "journal", "show", run]))?;
    let mut journal = strace::journalled(&shown.stdout);
    let differs = |seen: &(String, String)| -> bool {
        let (_, path) = seen;
        // curl asks the password database for a second home; inside there is no such database.
        let second_home = path.ends_with("/.curlrc");
        path == &authority || second_home || DIFFERENT.iter().any(|start| path.starts_with(start))
    };
    traced.retain(|seen| !differs(seen));
    journal.retain(|seen| !differs(seen));
    for (word, path) in strace::only(&traced, &journal) {
        stage.tell(&format!("only strace: {word} {path}"));
    }
    for (word, path) in strace::only(&journal, &traced) {
        stage.tell(&format!("only the journal: {word} {path}"));
    }
    let what = format!(
        "the journal names the {} files and connections that strace saw",
        traced.len()
    );
    stage.check(&what, traced == journal && !traced.is_empty());
    Ok(())
}

/// Where a confined run and a bare one must differ, by the beginning of the path.
const DIFFERENT: [&str; 5] = [
    // The run's own authority, beside the system's.
    "/run/chopmark/",
    // One file under two names: a link outside, the file itself inside.
    "/etc/localtime",
    "/usr/share/zoneinfo/",
    // A link to a part of /etc that is not shown inside.
    "/etc/locale.alias",
    "/usr/share/locale/locale.alias",
];

/// The host believes the weather service's authority.
pub(super) fn through<'a>(cast: &Cast, act: Act<'a>) -> Act<'a> {
    act.with("SSL_CERT_FILE", cast.weather.authority().to_string_lossy())
}

/// Looks for the token's form, without naming the token, in all that a skill can read.
const SEARCH: &str = r"
import os, re
form = re.compile(rb'tok_[0-9a-f]{16}')
hits = places = 0
def look(data):
    global hits, places
    places += 1
    hits += len(form.findall(data))
look(repr(dict(os.environ)).encode())
paths = [f'/proc/{pid}/{name}' for pid in os.listdir('/proc') if pid.isdigit()
         for name in ('environ', 'cmdline', 'maps', 'status', 'mountinfo')]
for top in (os.getcwd(), '/tmp', '/etc', os.environ['HOME']):
    for folder, _, names in os.walk(top):
        paths += [os.path.join(folder, name) for name in names]
for path in paths:
    try:
        with open(path, 'rb') as file:
            look(file.read(1 << 20))
    except OSError:
        pass
print('hits', hits, 'in', places, 'places')
";
