//! Speed of the scanner with the base pack, on skills made here: `cargo bench -p chopmark-scan`.
//!
//! Times are wall clock of one thread; each number is the best of a few runs, the median skill is a
//! median. `scripts/eval-scan` times real ones.
#![expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "times and sizes become rates"
)]

use std::io::Write as _;
use std::time::{Duration, Instant};

use chopmark_core::package::{Mode, Package};
use chopmark_scan::{Cache, Config, RulePack, base_pack, scan};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let engine = semver::Version::parse(env!("CARGO_PKG_VERSION"))?;
    let mut out = std::io::stdout().lock();
    start(&engine, &mut out)?;
    let packs = [base_pack(&engine, None)?];
    let bytes = throughput(&packs, &engine, &mut out)?;
    median(&packs, &engine, &mut out)?;
    growth(&packs, &engine, &mut out)?;
    writeln!(out, "floor: {FLOOR} MB/s; measured {bytes:.1} MB/s")?;
    if bytes < FLOOR {
        return Err("the base pack is below its floor".into());
    }
    Ok(())
}

/// Loading the pack: compiled anew, and from a cache.
fn start(engine: &semver::Version, out: &mut impl std::io::Write) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let cache = Cache::in_folder(folder.path().join("rules"));
    let cold = best(3, || base_pack(engine, None).map(|_| ()))?;
    base_pack(engine, Some(&cache))?;
    let warm = best(5, || base_pack(engine, Some(&cache)).map(|_| ()))?;
    writeln!(
        out,
        "start: compiled {:.1} ms, cached {:.1} ms",
        ms(cold),
        ms(warm)
    )?;
    Ok(())
}

/// Megabytes a second over one large package of text and scripts.
fn throughput(
    packs: &[RulePack],
    engine: &semver::Version,
    out: &mut impl std::io::Write,
) -> Result<f64, Failure> {
    let mut all = 0.0;
    for (name, path, line) in KINDS {
        let body = line.repeat(LARGE.checked_div(line.len()).unwrap_or(1));
        let files = (0..4).map(|number| (format!("{number}{path}"), body.clone()));
        let package = package(files.collect())?;
        let bytes = package.manifest().total_bytes();
        let time = best(3, || {
            let result = scan(&package, packs, &Config::standard(), engine);
            if result.coverage().is_empty() {
                Err(Failure::from("nothing was read"))
            } else {
                Ok(())
            }
        })?;
        let rate = bytes as f64 / time.as_secs_f64() / 1e6;
        writeln!(out, "throughput of {name}: {rate:.1} MB/s")?;
        all += 1.0 / rate;
    }
    Ok(KINDS.len() as f64 / all)
}

/// The time of a skill of usual size: instructions, two references, a script.
fn median(
    packs: &[RulePack],
    engine: &semver::Version,
    out: &mut impl std::io::Write,
) -> Result<(), Failure> {
    let part = |index: usize, size: usize| {
        let (_, _, line) = KINDS.get(index).copied().unwrap_or_default();
        line.repeat(size.checked_div(line.len().max(1)).unwrap_or(1))
    };
    let package = package(vec![
        ("references/a.md".to_owned(), part(0, 8_000)),
        ("references/b.md".to_owned(), part(0, 4_000)),
        ("scripts/run.py".to_owned(), part(1, 6_000)),
    ])?;
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            let begun = Instant::now();
            let result = scan(&package, packs, &Config::standard(), engine);
            std::hint::black_box(result);
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    writeln!(
        out,
        "a skill of {} bytes: median {:.2} ms",
        package.manifest().total_bytes(),
        ms(middle)
    )?;
    Ok(())
}

/// How time grows with the number of files, up to what a package may hold, and with the size of
/// one line.
fn growth(
    packs: &[RulePack],
    engine: &semver::Version,
    out: &mut impl std::io::Write,
) -> Result<(), Failure> {
    for count in [16, 64, 256, 1024, 4095] {
        let files = (0..count).map(|number| (format!("data/{number}.md"), TEXT.repeat(4)));
        let package = package(files.collect())?;
        let time = best(2, || {
            std::hint::black_box(scan(&package, packs, &Config::standard(), engine));
            Ok::<(), Failure>(())
        })?;
        writeln!(
            out,
            "{count:5} files: {:8.1} ms, {:.3} ms a file",
            ms(time),
            ms(time) / f64::from(count)
        )?;
    }
    // A package holds 4096 files at most, but archives in it hold a thousand each.
    for archives in [1, 10, 100] {
        let body: Vec<u8> = (0..1000).flat_map(|number| member(number, PLAIN)).collect();
        let files = (0..archives).map(|number| (format!("{number}.zip"), body.clone()));
        let package = package_of(files.collect())?;
        let begun = Instant::now();
        let result = scan(&package, packs, &Config::standard(), engine);
        let time = begun.elapsed();
        if !result.reasons().is_empty() {
            return Err("a limit was hit".into());
        }
        let count = f64::from(archives) * 1000.0;
        writeln!(
            out,
            "{count:6} members of archives: {:8.1} ms, {:.3} ms each",
            ms(time),
            ms(time) / count
        )?;
    }
    for kilobytes in [16_u32, 64, 256, 1024] {
        let line = "x = a_b(\"c\"); ".repeat(usize::try_from(kilobytes)?.saturating_mul(1024) / 14);
        let package = package(vec![("a.js".to_owned(), line)])?;
        let time = best(2, || {
            std::hint::black_box(scan(&package, packs, &Config::standard(), engine));
            Ok::<(), Failure>(())
        })?;
        writeln!(
            out,
            "{kilobytes:5} KiB in one line: {:8.1} ms, {:.3} ms a KiB",
            ms(time),
            ms(time) / f64::from(kilobytes)
        )?;
    }
    Ok(())
}

/// A stored member of a zip, as its local header describes it.
fn member(number: u32, body: &str) -> Vec<u8> {
    let name = format!("{number}.md");
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend(size(body.len()));
    bytes.extend(size(body.len()));
    bytes.extend(size(name.len()));
    bytes.extend(name.bytes());
    bytes.extend(body.bytes());
    bytes
}

fn package(files: Vec<(String, String)>) -> Result<Package, Failure> {
    let files = files.into_iter();
    package_of(
        files
            .map(|(path, body)| (path, body.into_bytes()))
            .collect(),
    )
}

fn package_of(mut files: Vec<(String, Vec<u8>)>) -> Result<Package, Failure> {
    let head = format!("---\nname: a\ndescription: b\n---\n\n{TEXT}");
    files.push(("SKILL.md".to_owned(), head.into_bytes()));
    let files = files.into_iter();
    let files = files.map(|(path, body)| (path, Mode::Regular, body));
    Ok(Package::build(files.collect())?)
}

fn best<E>(runs: usize, mut run: impl FnMut() -> Result<(), E>) -> Result<Duration, E> {
    let mut best = Duration::MAX;
    for _ in 0..runs {
        let begun = Instant::now();
        run()?;
        best = best.min(begun.elapsed());
    }
    Ok(best)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Name, extension and a piece of each kind of file.
const KINDS: [(&str, &str, &str); 4] = [
    ("Markdown", ".md", TEXT),
    (
        "Python",
        ".py",
        "def read(path):\n    with open(path) as handle:\n        data = json.load(handle)\n    return [row['name'] for row in data if row.get('size', 0) > 10]\n\n",
    ),
    (
        "JavaScript",
        ".js",
        "export function total(rows) {\n  return rows.filter((row) => row.size > 10).map((row) => `${row.name}: ${row.size}`);\n}\n\n",
    ),
    (
        "data",
        ".json",
        "{\"name\": \"row\", \"size\": 12, \"note\": \"plain text without anything in it\"},\n",
    ),
];
const TEXT: &str = "## Steps\n\nRead the report and list what changed since the last one. Ask when a number is missing.\n\n1. Open `report.csv` with the script.\n2. Compare the totals and write a summary of at most ten lines.\n\n```bash\npython3 scripts/run.py --input report.csv --output summary.md\n```\n\n";
/// Without facts, of which a result keeps 50 000.
const PLAIN: &str = "Read the report and list what changed since the last one.\n";
const LARGE: usize = 500_000;
/// Below this the bench fails: a rule or a parser became slow.
const FLOOR: f64 = 3.0;
