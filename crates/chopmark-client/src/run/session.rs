//! Several skills in one run.

use chopmark_core::digest::ContentDigest;
use chopmark_core::key::PublicKey;
use chopmark_core::name::SkillName;
use chopmark_core::permission::Grant;

use super::{Purpose, RunError, Runnable};
use crate::home::Home;
use crate::lock::Lock;
use crate::scope::Scope;

impl Runnable {
    /// A session with every skill of `scope`, under all their grants together. Skills that may not
    /// run now are left out; what they are and why comes beside.
    ///
    /// # Errors
    ///
    /// [`RunError`] when the lock file cannot be read, or no skill may run; nothing was started.
    pub fn session(
        home: &Home,
        scope: &Scope,
        host: &PublicKey,
        now: u64,
    ) -> Result<(Self, Vec<(SkillName, RunError)>), RunError> {
        let lock = Lock::read(scope)?;
        let (mut skills, mut left_out) = (Vec::new(), Vec::new());
        for (name, _) in lock.skills() {
            match Self::find(home, scope, name, host, now) {
                Ok(skill) => skills.push(skill),
                Err(error) => left_out.push((name.clone(), error)),
            }
        }
        let Some(first) = skills.first() else {
            return Err(RunError::NoSkill);
        };
        let folder = first.folder.clone();
        let subjects: Vec<&str> = skills.iter().map(Self::subject).collect();
        let contents: Vec<u8> = skills
            .iter()
            .flat_map(|skill| *skill.content.as_bytes())
            .collect();
        let grants: Vec<(Grant, String)> = skills
            .iter()
            .map(|skill| {
                (
                    skill.grant.clone(),
                    skill.folder.to_string_lossy().into_owned(),
                )
            })
            .collect();
        let session = Self {
            subject: format!("session of {}", subjects.join(", ")),
            content: ContentDigest::of(&contents),
            receipt: String::new(),
            folder,
            grant: Grant::session(&grants),
            purpose: Purpose::Work,
        };
        Ok((session, left_out))
    }
}
