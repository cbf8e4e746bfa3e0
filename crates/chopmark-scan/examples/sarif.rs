//! Writes the SARIF of folders, one log a line, for `scripts/check-sarif`.

use std::io::Write as _;

use chopmark_core::package::{Mode, Package};
use chopmark_scan::{Config, base_pack, scan, to_sarif};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = semver::Version::parse(env!("CARGO_PKG_VERSION"))?;
    let packs = [base_pack(&engine, None)?];
    let mut out = std::io::stdout().lock();
    for folder in std::env::args_os().skip(1) {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                files.push((name, Mode::Regular, std::fs::read(entry.path())?));
            }
        }
        let result = scan(
            &Package::build(files)?,
            &packs,
            &Config::standard(),
            &engine,
        );
        writeln!(out, "{}", to_sarif(&result, &packs))?;
    }
    Ok(())
}
