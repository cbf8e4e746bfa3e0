use rustix::fs::{Mode, OFlags, open};

use super::*;

fn task(thread: u32, pid: u32) -> Caller {
    Caller {
        thread,
        pid,
        program: 1,
    }
}

fn folder() -> Arc<OwnedFd> {
    Arc::new(open("/", OFlags::PATH, Mode::empty()).unwrap())
}

#[test]
fn a_folder_is_held_until_its_task_changes_it_or_another_starts() {
    let folders = Folders::default();
    folders.hold(task(5, 5), &folder());
    folders.hold(task(6, 6), &folder());
    assert!(folders.get(task(5, 5)).is_some());
    folders.drop_of(5);
    assert!(folders.get(task(5, 5)).is_none());
    assert!(folders.get(task(6, 6)).is_some());
    folders.new_task(5, 0);
    assert!(folders.get(task(6, 6)).is_none());
    folders.hold(task(6, 6), &folder());
    assert!(folders.get(task(6, 6)).is_some());
}

#[test]
fn a_folder_that_threads_share_is_not_held() {
    let folders = Folders::default();
    folders.new_task(5, CLONE_FS | CLONE_THREAD);
    folders.hold(task(5, 5), &folder());
    folders.hold(task(7, 5), &folder());
    assert!(folders.get(task(5, 5)).is_none());
    assert!(folders.get(task(7, 5)).is_none());
    folders.hold(task(6, 6), &folder());
    assert!(folders.get(task(6, 6)).is_some());
}

#[test]
fn nothing_is_held_when_processes_share_a_folder() {
    let folders = Folders::default();
    folders.new_task(5, CLONE_FS);
    folders.hold(task(6, 6), &folder());
    assert!(folders.get(task(6, 6)).is_none());
}
