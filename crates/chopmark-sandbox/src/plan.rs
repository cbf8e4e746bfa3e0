//! From a grant to everything that a run needs; nothing is started here.

mod beside;
mod error;
mod programs;
pub(crate) mod review;
mod system;
mod view;

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use chopmark_core::permission::Grant;

use crate::broker::Entrances;
use crate::journal::{HeadSigner, RunFacts, Sink};
use crate::known::Memory;
use crate::launch::inside::{RUN_AUTHORITY, RUN_BUNDLE};
use crate::setup::{Amounts, Setup};
use crate::supervisor::now_ns;
use crate::ways::Ways;
pub use error::PlanError;
use programs::Programs;
pub use review::Kept;
use view::View;

/// What a plan needs besides grant, folders and arguments.
pub struct PlanOptions {
    /// Where the journal is written; the file must not exist, its folder must.
    pub journal_path: PathBuf,
    /// What the header says of the run.
    pub facts: RunFacts,
    /// Signs the journal's heads with the host's key.
    pub signer: Box<dyn HeadSigner>,
    /// Starts the egress broker; needed when the grant has network. Without network it refuses and
    /// records every host that is tried.
    pub broker: Option<BrokerEndpoint>,
    /// Variables besides the sandbox's own, such as placeholders of secrets.
    pub environment: Vec<(String, String)>,
    /// Folders in which granted programs are looked for, in order.
    pub search_path: Vec<PathBuf>,
    /// `TERM` inside; none for a dumb terminal.
    pub terminal: Option<String>,
    /// Folders that the skill must not see, such as Chopmark's own state.
    pub protected: Vec<PathBuf>,
}

/// Starts the egress broker of one run.
///
/// It is called after the helper was forked, so what it loads, such as the values of secrets, is
/// not in the helper's memory.
pub struct BrokerEndpoint {
    start: Box<StartBroker>,
}

type StartBroker = dyn FnOnce(Entrances, Sink) -> Result<RunningBroker, std::io::Error> + Send;

impl BrokerEndpoint {
    /// `start` gets listeners inside the sandbox's network and the journal's sink.
    pub fn new(
        start: impl FnOnce(Entrances, Sink) -> Result<RunningBroker, std::io::Error> + Send + 'static,
    ) -> Self {
        Self {
            start: Box::new(start),
        }
    }

    pub(crate) fn start(
        self,
        entrances: Entrances,
        sink: Sink,
    ) -> Result<RunningBroker, std::io::Error> {
        (self.start)(entrances, sink)
    }
}

/// A broker that serves.
pub struct RunningBroker {
    /// Certificate of the run's own authority, as PEM; the sandbox trusts it.
    pub ca_pem: String,
    /// Ends it; when it returns every event was recorded.
    pub stop: Box<dyn FnOnce() + Send>,
}

/// A run that can be started: a proof that every grant has found its enforcer.
#[must_use]
pub struct Plan {
    pub(crate) setup: Setup,
    pub(crate) rules: Vec<String>,
    pub(crate) options: PlanOptions,
    pub(crate) arguments: Vec<String>,
    pub(crate) memory: Option<Memory>,
    pub(crate) kept: Vec<Kept>,
}

impl Plan {
    /// Works out what `arguments` may do under `grant`.
    ///
    /// Makes the granted folders of the workspace that do not exist yet, and nothing else.
    ///
    /// # Errors
    ///
    /// [`PlanError`]; nothing was started.
    pub fn new(
        grant: &Grant,
        skill_dir: &Path,
        workspace: &Path,
        arguments: &[OsString],
        options: PlanOptions,
    ) -> Result<Self, PlanError> {
        let ways = Ways::of(grant, options.broker.is_some());
        if ways.is_some() && options.broker.is_none() {
            return Err(PlanError::NoBroker);
        }
        let skill_dir = canonical(skill_dir)?;
        let workspace = canonical(workspace)?;
        let mut view = View::new(grant.limits().memory_bytes());
        system::add_runtime(&mut view, grant.any_program(), ways.is_some());
        let programs = Programs::find(grant, &options.search_path)?;
        programs.add_to(&mut view);
        view.add_grants(grant, &skill_dir, &workspace, &options.protected)?;
        let (first, arguments) = arguments.split_first().ok_or(PlanError::NoProgram)?;
        let program = programs.first(first, grant, &skill_dir, &workspace, &options.search_path)?;
        let directory = if view.shows(&workspace) {
            workspace
        } else {
            PathBuf::from("/")
        };
        let limits = grant.limits();
        let (mounts, places, rights, rules) = view.finish();
        let environment = environment(&options, &programs, ways.as_ref());
        let mut words = vec![program.clone().into_os_string()];
        words.extend(arguments.iter().cloned());
        let setup = Setup {
            mounts,
            places,
            rights,
            program: c_string(program.into_os_string())?,
            arguments: words
                .iter()
                .cloned()
                .map(c_string)
                .collect::<Result<_, _>>()?,
            environment: environment
                .into_iter()
                .map(c_string)
                .collect::<Result<_, _>>()?,
            directory,
            limits: Amounts {
                memory_bytes: limits.memory_bytes(),
                cpu_seconds: limits.cpu_seconds(),
                processes: limits.processes(),
                wall_seconds: limits.wall_seconds(),
                output_bytes: limits.output_bytes(),
            },
            ways,
            known: Vec::new(),
            started_ns: now_ns(),
        };
        let arguments = words
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        Ok(Self {
            setup,
            rules,
            options,
            arguments,
            memory: None,
            kept: Vec::new(),
        })
    }

    /// Takes digests of programs that are known at `path` from earlier runs, and keeps new ones
    /// there; a program whose file is as it was then is not read again.
    ///
    /// Whoever can write `path` can name wrong digests in journals: it belongs beside them.
    pub fn remembering(mut self, path: PathBuf) -> Self {
        let memory = Memory::read(path);
        self.setup.known = memory.entries().to_vec();
        self.memory = Some(memory);
        self
    }

    /// Names of the rules that the journal's events refer to, by index.
    #[must_use]
    pub fn rules(&self) -> &[String] {
        &self.rules
    }
}

fn environment(options: &PlanOptions, programs: &Programs, ways: Option<&Ways>) -> Vec<OsString> {
    let mut list: Vec<(String, String)> = vec![
        ("PATH".into(), programs.path_variable(&options.search_path)),
        ("HOME".into(), system::HOME.into()),
        ("TMPDIR".into(), "/tmp".into()),
        ("LANG".into(), "C.UTF-8".into()),
        (
            "TERM".into(),
            options.terminal.clone().unwrap_or_else(|| "dumb".into()),
        ),
    ];
    if let Some(ways) = ways {
        let proxy = format!("http://127.0.0.1:{}", ways.proxy_port);
        for name in [
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "http_proxy",
            "https_proxy",
            "all_proxy",
        ] {
            list.push((name.into(), proxy.clone()));
        }
        for name in [
            "SSL_CERT_FILE",
            "CURL_CA_BUNDLE",
            "REQUESTS_CA_BUNDLE",
            "GIT_SSL_CAINFO",
            "PIP_CERT",
        ] {
            list.push((name.into(), RUN_BUNDLE.into()));
        }
        list.push(("NODE_EXTRA_CA_CERTS".into(), RUN_AUTHORITY.into()));
        list.push(("NODE_USE_ENV_PROXY".into(), "1".into()));
    }
    list.extend(options.environment.iter().cloned());
    list.into_iter()
        .map(|(name, value)| format!("{name}={value}").into())
        .collect()
}

fn canonical(path: &Path) -> Result<PathBuf, PlanError> {
    path.canonicalize().map_err(|source| PlanError::Folder {
        path: path.to_owned(),
        source,
    })
}

fn c_string(text: OsString) -> Result<CString, PlanError> {
    CString::new(text.into_vec()).map_err(|_| PlanError::Nul)
}
