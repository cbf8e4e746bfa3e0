use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use chopmark_sandbox::Kept;
use rustix::fs::{CWD, FileType, Mode, XattrFlags, mknodat};
use tempfile::TempDir;

use super::{Kind, Review};
use crate::home::Home;

/// A host with one reviewed run of `target`; the kernel's layer is made by hand.
struct World {
    folder: TempDir,
    home: Home,
}

impl World {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let home = Home::below(&folder.path().join("home"));
        let world = Self { folder, home };
        fs::create_dir(world.target()).unwrap();
        for (name, text) in [("kept", "k"), ("changed", "old"), ("gone", "g")] {
            put(world.target().join(name), text);
        }
        fs::create_dir_all(world.target().join("remade/deep")).unwrap();
        let changes = Review::begin(&world.home, RUN).unwrap();
        fs::create_dir_all(changes.join("0/upper")).unwrap();
        world
    }

    fn target(&self) -> std::path::PathBuf {
        self.folder.path().join("target")
    }

    fn upper(&self) -> std::path::PathBuf {
        self.home.reviews().join(RUN).join("changes/0/upper")
    }

    /// The review of a run that began in the second `since`.
    fn review(&self, since: u64) -> Review {
        let kept = Kept {
            target: self.target(),
            upper: self.upper(),
        };
        Review::record(&self.home, RUN, "@ann/bold@1.0.0", since, &[kept]).unwrap();
        Review::find(&self.home, RUN).unwrap()
    }

    fn whiteout(&self, name: &str) {
        let mode = Mode::empty();
        mknodat(
            CWD,
            self.upper().join(name),
            FileType::CharacterDevice,
            mode,
            0,
        )
        .unwrap();
    }
}

fn put(path: impl AsRef<Path>, text: &str) {
    let mut file = File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn accepting_makes_every_kind_of_change() {
    let world = World::new();
    let (target, upper) = (world.target(), world.upper());
    put(upper.join("kept"), "k");
    put(upper.join("changed"), "new");
    fs::set_permissions(upper.join("changed"), fs::Permissions::from_mode(0o4755)).unwrap();
    world.whiteout("gone");
    fs::create_dir(upper.join("remade")).unwrap();
    rustix::fs::setxattr(
        upper.join("remade"),
        "user.overlay.opaque",
        b"y",
        XattrFlags::empty(),
    )
    .unwrap();
    fs::create_dir_all(upper.join("new/inner")).unwrap();
    put(upper.join("new/inner/file"), "f");
    symlink("changed", upper.join("link")).unwrap();

    let review = world.review(FAR);
    let found: Vec<_> = review
        .changes()
        .unwrap()
        .into_iter()
        .map(|change| {
            let path = change.path.strip_prefix(&target).unwrap().to_owned();
            (path.to_string_lossy().into_owned(), change.kind)
        })
        .collect();
    let expected = [
        ("changed", Kind::Changed),
        ("gone", Kind::Removed),
        ("link", Kind::Link),
        ("new", Kind::Folder),
        ("new/inner", Kind::Folder),
        ("new/inner/file", Kind::Added),
        ("remade", Kind::Removed),
    ];
    assert_eq!(found, expected.map(|(path, kind)| (path.to_owned(), kind)));

    review.accept().unwrap();
    assert_eq!(text(&target.join("changed")), "new");
    let mode = fs::metadata(target.join("changed")).unwrap().permissions();
    assert_eq!(mode.mode() & 0o7777, 0o755, "set-user-id was taken over");
    assert!(!target.join("gone").exists() && !target.join("remade/deep").exists());
    assert_eq!(text(&target.join("new/inner/file")), "f");
    assert_eq!(
        fs::read_link(target.join("link")).unwrap(),
        Path::new("changed")
    );
    assert!(Review::all(&world.home).unwrap().is_empty());
}

#[test]
fn what_was_changed_outside_since_is_never_overwritten() {
    let world = World::new();
    put(world.upper().join("changed"), "new");
    let error = world.review(LONG_AGO).accept().unwrap_err();
    assert_eq!(error.code(), "review-conflict");
    assert_eq!(text(&world.target().join("changed")), "old");
    world.review(FAR).accept().unwrap();
    assert_eq!(text(&world.target().join("changed")), "new");
}

#[test]
fn a_link_in_the_way_is_replaced_and_never_followed() {
    let world = World::new();
    let elsewhere = world.folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    put(elsewhere.join("file"), "theirs");
    symlink(&elsewhere, world.target().join("folder")).unwrap();
    symlink(elsewhere.join("file"), world.target().join("name")).unwrap();
    fs::create_dir(world.upper().join("folder")).unwrap();
    put(world.upper().join("folder/file"), "mine");
    put(world.upper().join("name"), "mine");
    world.review(FAR).accept().unwrap();
    assert_eq!(text(&elsewhere.join("file")), "theirs");
    assert_eq!(text(&world.target().join("folder/file")), "mine");
    assert_eq!(text(&world.target().join("name")), "mine");
}

#[test]
fn a_discarded_review_changes_nothing_and_is_gone() {
    let world = World::new();
    put(world.upper().join("changed"), "new");
    world.review(FAR).discard().unwrap();
    assert_eq!(text(&world.target().join("changed")), "old");
    let error = Review::find(&world.home, RUN).unwrap_err();
    assert_eq!(error.code(), "review-unknown");
}

const RUN: &str = "1700000000-0a";
/// A second far ahead: nothing was changed after it.
const FAR: u64 = 99_999_999_999;
const LONG_AGO: u64 = 1;
