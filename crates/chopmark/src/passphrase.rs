//! How a command learns a passphrase: from a file, or from a person at a terminal.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;

use chopmark_client::seal::Seal;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Options that say how keys and secrets are sealed.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Passphrase")]
pub(crate) struct PassphraseArgs {
    /// Read the passphrase from the first line of this file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "CHOPMARK_PASSPHRASE_FILE",
        hide_env = true
    )]
    passphrase_file: Option<PathBuf>,
    /// Keep what this command writes unencrypted, protected by its mode 0600 alone
    #[arg(long, global = true, conflicts_with = "passphrase_file")]
    no_passphrase: bool,
}

impl PassphraseArgs {
    /// The seal for something new; a person is asked twice.
    pub(crate) fn for_new(&self, ui: &Ui, what: &str) -> Result<Seal, CommandError> {
        if self.no_passphrase {
            ui.warn(format_args!("{what} will be kept unencrypted"));
            return Ok(Seal::Plain);
        }
        if let Some(seal) = self.file_seal()? {
            return Ok(seal);
        }
        let first = ask(ui, &format!("New passphrase for {what}: "))?;
        let second = ask(ui, "The same again: ")?;
        if first != second {
            return Err(CommandError::new(
                Exit::Usage,
                "passphrase-differs",
                "the two passphrases differ",
            ));
        }
        Ok(Seal::passphrase(first.to_string())?)
    }

    /// The seal that opens something kept; a person is asked only if it is `sealed`.
    pub(crate) fn for_existing(
        &self,
        ui: &Ui,
        what: &str,
        sealed: bool,
    ) -> Result<Seal, CommandError> {
        if !sealed {
            return Ok(Seal::Plain);
        }
        match self.file_seal()? {
            Some(seal) => Ok(seal),
            None => Ok(Seal::passphrase(
                ask(ui, &format!("Passphrase for {what}: "))?.to_string(),
            )?),
        }
    }

    fn file_seal(&self) -> Result<Option<Seal>, CommandError> {
        let Some(path) = &self.passphrase_file else {
            return Ok(None);
        };
        let bytes = Zeroizing::new(chopmark_client::durable::read_existing(
            path,
            MAX_FILE_BYTES,
        )?);
        let line = bytes
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let text = std::str::from_utf8(line).map_err(|_| {
            CommandError::new(
                Exit::Usage,
                "passphrase-not-utf8",
                format_args!("the first line of `{}` is not UTF-8", path.display()),
            )
        })?;
        Ok(Some(Seal::passphrase(
            text.trim_end_matches('\r').to_owned(),
        )?))
    }
}

/// Asks a person at the terminal, without showing what is typed.
pub(crate) fn ask(ui: &Ui, prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    if !ui.is_interactive() {
        return Err(CommandError::new(
            Exit::Usage,
            "passphrase-needed",
            "a passphrase is needed and nobody can be asked: this is no terminal",
        )
        .hint("give --passphrase-file FILE, or --no-passphrase where you accept that"));
    }
    let stdin = std::io::stdin();
    let shown = tcgetattr(&stdin).map_err(|e| failed(e.into()))?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).map_err(|e| failed(e.into()))?;
    let line = read_answer(prompt);
    let _ = tcsetattr(&stdin, OptionalActions::Flush, &shown);
    let _ = writeln!(std::io::stderr());
    line
}

/// Asks a person at the terminal.
pub(crate) fn ask_shown(ui: &Ui, prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    if !ui.is_interactive() {
        return Err(CommandError::new(
            Exit::ConsentNeeded,
            "terminal-needed",
            "only a person at a terminal can answer, and this is none",
        ));
    }
    read_answer(prompt)
}

fn read_answer(prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    let mut stderr = std::io::stderr();
    write!(stderr, "{prompt}")
        .and_then(|()| stderr.flush())
        .map_err(failed)?;
    let mut line = Zeroizing::new(String::new());
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(failed)?;
    let end = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(end);
    Ok(line)
}

fn failed(error: std::io::Error) -> CommandError {
    CommandError::new(
        Exit::Environment,
        "terminal-failed",
        format_args!("the terminal failed: {error}"),
    )
}

const MAX_FILE_BYTES: u64 = 64 * 1024;
