//! A command with a person at its terminal: a pseudo-terminal on stdin and stderr.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::thread;

use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;

/// Runs `command`, typing one of `lines` each time that it asks (a question ends in `: `).
///
/// Returns exit code, stdout, and what stood on the terminal.
pub(super) fn run(
    command: &mut Command,
    lines: &[String],
) -> std::io::Result<(Option<i32>, String, String)> {
    let master =
        rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    rustix::pty::grantpt(&master)?;
    rustix::pty::unlockpt(&master)?;
    let name = rustix::pty::ptsname(&master, Vec::new())?;
    let open = || {
        rustix::fs::open(
            name.as_c_str(),
            OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
            Mode::empty(),
        )
    };
    command
        .stdin(Stdio::from(open()?))
        .stderr(Stdio::from(open()?))
        .stdout(Stdio::piped());
    let mut child = command.spawn()?;
    // The command object would keep the terminal open after the child has ended.
    command.stdin(Stdio::null()).stderr(Stdio::null());

    let stdout = child.stdout.take().map(|mut pipe| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            bytes
        })
    });
    let shown = converse(File::from(master), lines)?;
    let status = child.wait()?;
    let stdout = stdout
        .and_then(|reader| reader.join().ok())
        .unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
    Ok((status.code(), text(&stdout), text(&shown)))
}

/// Reads until the terminal closes, and types a line after each question.
fn converse(mut master: File, lines: &[String]) -> std::io::Result<Vec<u8>> {
    let mut lines = lines.iter();
    let mut shown = Vec::new();
    let mut answered = 0;
    let mut chunk = [0u8; 4096];
    loop {
        let count = match master.read(&mut chunk) {
            Ok(0) => return Ok(shown),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // The last process on the other side went away.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                return Ok(shown);
            }
            Err(error) => return Err(error),
        };
        shown.extend_from_slice(chunk.get(..count).unwrap_or_default());
        let fresh = shown.get(answered..).unwrap_or_default();
        if fresh.ends_with(b": ")
            && let Some(line) = lines.next()
        {
            answered = shown.len();
            master.write_all(line.as_bytes())?;
            master.write_all(b"\n")?;
        }
    }
}
