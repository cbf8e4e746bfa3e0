//! The scanner from outside: packages in, results out.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod capability;
mod determinism;
mod hidden;
mod hostile;
mod infer;
mod limits;
mod mutation;
mod sarif;

use std::sync::LazyLock;

use chopmark_core::package::{Mode, Package};
use chopmark_scan::{Config, RulePack, ScanResult, base_pack, scan};

/// What the mutations of the measuring example take.
mod corpus {
    pub(crate) type Files = Vec<(String, chopmark_core::package::Mode, Vec<u8>)>;
}

#[path = "../../examples/eval/mutate.rs"]
mod mutate;

pub(crate) fn engine() -> semver::Version {
    semver::Version::new(0, 1, 0)
}

/// The base pack, compiled once.
pub(crate) fn packs() -> &'static [RulePack] {
    static PACKS: LazyLock<[RulePack; 1]> =
        LazyLock::new(|| [base_pack(&engine(), None).expect("the base pack loads")]);
    PACKS.as_slice()
}

/// A package of text files; `SKILL.md` is added where it is missing.
pub(crate) fn package(files: &[(&str, &[u8])]) -> Package {
    let mut all: corpus::Files = files
        .iter()
        .map(|(path, bytes)| ((*path).to_owned(), Mode::Regular, bytes.to_vec()))
        .collect();
    if !files.iter().any(|(path, _)| *path == "SKILL.md") {
        let head = b"---\nname: case\ndescription: A case.\n---\n\nText.\n";
        all.push(("SKILL.md".to_owned(), Mode::Regular, head.to_vec()));
    }
    Package::build(all).expect("a package")
}

pub(crate) fn result(files: &[(&str, &[u8])]) -> ScanResult {
    scan(&package(files), packs(), &Config::standard(), &engine())
}
