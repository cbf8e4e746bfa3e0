//! The demonstration: eight steps and every attack, on loopback, in a folder of its own.
//!
//! Every step runs the public binary as a subprocess with exactly the command that it prints. What
//! the demonstration adds itself is what an attacker or the outside world would add: a mirror that
//! lies, a service behind HTTPS, a person at a terminal.

use std::path::{Path, PathBuf};

use crate::error::CommandError;
use crate::ui::Ui;

mod mirror;
mod server;
mod stage;
mod story;
mod strace;
mod terminal;
mod weather;

use stage::{Stage, broken};

/// Plays the whole story.
pub(crate) fn play(ui: &Ui, keep: Option<&Path>) -> Result<(), CommandError> {
    let folder = Folder::make(keep)?;
    let mut stage = Stage::new(ui, &folder.path)?;
    let played = story::play(&mut stage);
    // The servers are gone by now, so nothing writes into the folder any more.
    drop(folder);
    played?;
    stage.end()
}

/// The folder of the story; removed at the end unless it is kept.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    fn make(keep: Option<&Path>) -> Result<Self, CommandError> {
        let path = match keep {
            Some(path) => std::path::absolute(path).map_err(|e| broken("find its folder", &e))?,
            None => {
                let tag = chopmark_client::keys::draw()?.public().digest().to_hex();
                let tag: String = tag.chars().take(12).collect();
                // Below /tmp the host's files would lie where a sandbox has a folder of its own.
                let shared = Path::new("/var/tmp");
                let top = if shared.is_dir() {
                    shared.to_owned()
                } else {
                    std::env::temp_dir()
                };
                top.join(format!("chopmark-demo-{tag}"))
            }
        };
        std::fs::create_dir(&path).map_err(|e| broken("make its folder", &e))?;
        Ok(Self {
            path,
            is_kept: keep.is_some(),
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
