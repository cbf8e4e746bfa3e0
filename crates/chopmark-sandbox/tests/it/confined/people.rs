//! The same tests as an ordinary user: root must not be stronger, nor weaker.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

/// Runs every test of confinement again as a user without privileges.
///
/// An ordinary user who runs the tests is that user already.
#[test]
fn an_ordinary_user_is_confined_alike() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir_in("/var/tmp").unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("it");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = Command::new("setpriv")
        .args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--no-new-privs",
        ])
        .arg("--inh-caps=-all")
        .arg(&program)
        .args(["confined::", "--test-threads=2", "--color=never"])
        .current_dir("/")
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let passed = told.matches("... ok").count();
    assert!(passed >= 16, "{told}");
}
