//! Step 4: the skill runs, confined and recorded.

use super::Cast;
use super::world::write;
use crate::demo::stage::{Act, Stage};
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
    stage.tell("the programs did their work and never held the secret; the record is signed and lies where they cannot reach it");
    Ok(())
}

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
