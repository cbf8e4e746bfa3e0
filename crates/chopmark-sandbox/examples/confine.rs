//! Runs a program under a permissions file: `confine PERMISSIONS SKILL WORKSPACE JOURNAL PROGRAM…`.
//!
//! `legacy` instead of a permissions file grants what an adopted folder gets. The key that signs
//! the journal is a fixed one: this is an example. The variable `PROGRAMS` names a file that keeps
//! digests of programs between runs.
#![expect(clippy::print_stderr, reason = "an example for the command line")]

use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use chopmark_core::permission::{Consent, Grant, Manifest, PolicyLimits};
use chopmark_sandbox::{HeadSigner, Plan, PlanOptions, RunEnd, RunFacts, start};
use ed25519_dalek::{Signer as _, SigningKey};

struct Key(SigningKey);

impl HeadSigner for Key {
    fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    fn sign(&mut self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut words = std::env::args_os().skip(1);
    let mut next = |what: &str| words.next().ok_or_else(|| format!("{what} is missing"));
    let permissions = next("the permissions file")?;
    let skill = PathBuf::from(next("the skill's folder")?);
    let workspace = PathBuf::from(next("the workspace")?);
    let journal_path = PathBuf::from(next("the journal")?);
    let arguments: Vec<OsString> = words.collect();
    let grant = if permissions == "legacy" {
        Grant::legacy()
    } else {
        let manifest = Manifest::parse(&std::fs::read_to_string(permissions)?)?;
        Grant::from_manifest(
            &manifest,
            &PolicyLimits::all_of(&manifest),
            &Consent::to_all_of(&manifest),
        )
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let options = PlanOptions {
        journal_path,
        facts: RunFacts {
            run: "example".to_owned(),
            ..RunFacts::default()
        },
        signer: Box::new(Key(SigningKey::from_bytes(&[7; 32]))),
        broker: None,
        environment: Vec::new(),
        search_path: std::env::split_paths(&path).collect(),
        terminal: None,
        protected: Vec::new(),
    };
    let plan = Plan::new(&grant, &skill, &workspace, &arguments, options)?;
    let plan = match std::env::var_os("PROGRAMS") {
        Some(path) => plan.remembering(path.into()),
        None => plan,
    };
    let outcome = start(plan)?.wait()?;
    if std::env::var_os("QUIET").is_none() {
        eprintln!("{outcome:#?}");
    }
    Ok(match outcome.end {
        RunEnd::Exited(status) => ExitCode::from(u8::try_from(status).unwrap_or(1)),
        RunEnd::Signalled(_)
        | RunEnd::WallTime
        | RunEnd::Memory
        | RunEnd::SupervisorLost
        | RunEnd::Stopped => ExitCode::FAILURE,
    })
}
