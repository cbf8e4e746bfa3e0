use chopmark_core::package::Mode;

use super::*;
use crate::lock::{Locked, Source};
use crate::scope::Agent;

struct World {
    _folder: tempfile::TempDir,
    home: Home,
    scope: Scope,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::below(&folder.path().join("home"));
        let project = folder.path().join("project");
        fs::create_dir(&project).unwrap();
        let scope = Scope::project(&project, &home);
        Self {
            _folder: folder,
            home,
            scope,
        }
    }

    fn target(&self) -> PathBuf {
        self.scope.skill_folder(Agent::Agents, "a")
    }

    fn install(&self, text: &str) -> Lock {
        let (package, lock) = version(text);
        let held = self.scope.exclusive().unwrap();
        let change = (self.target(), Change::Place(&package));
        commit(&self.scope, &self.home, &held, &lock, &[change]).unwrap();
        lock
    }

    /// What an observer finds: the installed text, the lock's content digest, stray names.
    fn look(&self) -> (Option<String>, Option<ContentDigest>, usize) {
        let text = fs::read_to_string(self.target().join("SKILL.md")).ok();
        let lock = Lock::read(&self.scope).unwrap();
        let content = lock.skills().next().map(|(_, locked)| locked.content);
        let parent = self.target().parent().unwrap().to_owned();
        let stray = fs::read_dir(parent).map_or(0, |entries| {
            entries
                .filter(|e| e.as_ref().unwrap().file_name() != "a")
                .count()
        });
        (text, content, stray)
    }
}

fn version(text: &str) -> (Package, Lock) {
    let package =
        Package::build(vec![("SKILL.md".to_owned(), Mode::Regular, text.into())]).unwrap();
    let mut lock = Lock::default();
    let locked = Locked {
        content: package.digest(),
        source: Source::Adopted {
            adoption: "00".to_owned(),
            expires: 1,
        },
        grant: chopmark_core::digest::Digest::from_bytes([0; 32]),
        receipt: "00".to_owned(),
        agents: vec![Agent::Agents],
    };
    lock.insert("a".parse().unwrap(), locked);
    (package, lock)
}

/// The intent of replacing the folder by `text`, with everything staged.
fn staged(world: &World, text: &str) -> (Intent, Package, Lock) {
    let (package, lock) = version(text);
    Store::new(world.home.store()).keep(&package).unwrap();
    let swap = Swap::new(world.target(), Some(package.digest())).unwrap();
    let intent = Intent {
        lock: hex(&sha256(&lock.to_bytes().unwrap())),
        swaps: vec![swap],
    };
    durable::private_folder(&world.home.pending()).unwrap();
    durable::write(
        &world.scope.intent_file(),
        &intent.to_bytes(),
        Access::Private,
    )
    .unwrap();
    tree::write(&intent.swaps[0].staged, &package).unwrap();
    (intent, package, lock)
}

fn recovered(world: &World) -> bool {
    let held = world.scope.exclusive().unwrap();
    recover(&world.scope, &world.home, &held).unwrap()
}

#[test]
fn an_installation_replaces_the_folder_and_its_entry() {
    let world = World::new();
    world.install("one");
    let lock = world.install("two");
    let content = lock.skills().next().unwrap().1.content;
    assert_eq!(world.look(), (Some("two".to_owned()), Some(content), 0));
    assert!(!recovered(&world));
}

#[test]
fn a_crash_before_the_commit_leaves_the_old_version() {
    let world = World::new();
    let old = world.install("one").skills().next().unwrap().1.content;
    staged(&world, "two");
    assert!(recovered(&world));
    assert_eq!(world.look(), (Some("one".to_owned()), Some(old), 0));
}

#[test]
fn a_crash_after_the_commit_is_finished_from_every_later_point() {
    type Step = fn(&World, &Intent);
    let steps: [Step; 4] = [
        |_, _| {},
        |world, intent| {
            exchange(
                &intent.swaps[0].staged,
                &world.target(),
                &intent.swaps[0].retired,
            )
            .unwrap()
        },
        |world, intent| rename(&world.target(), &intent.swaps[0].retired).unwrap(),
        |_, intent| fs::remove_dir_all(&intent.swaps[0].staged).unwrap(),
    ];
    for step in steps {
        let world = World::new();
        world.install("one");
        let (intent, package, lock) = staged(&world, "two");
        lock.commit(&world.scope).unwrap();
        step(&world, &intent);
        assert!(recovered(&world));
        assert_eq!(
            world.look(),
            (Some("two".to_owned()), Some(package.digest()), 0)
        );
    }
}

#[test]
fn a_removal_is_one_change_of_folder_and_lock() {
    let world = World::new();
    world.install("one");
    let held = world.scope.exclusive().unwrap();
    let change = (world.target(), Change::Remove);
    commit(
        &world.scope,
        &world.home,
        &held,
        &Lock::default(),
        &[change],
    )
    .unwrap();
    assert_eq!(world.look(), (None, None, 0));
}

#[test]
fn a_damaged_intent_is_reported_and_kept() {
    let world = World::new();
    world.install("one");
    durable::write(&world.scope.intent_file(), b"{", Access::Private).unwrap();
    let held = world.scope.exclusive().unwrap();
    let error = recover(&world.scope, &world.home, &held).unwrap_err();
    assert_eq!(error.code(), "intent-damaged");
    assert!(world.scope.intent_file().exists());
}
