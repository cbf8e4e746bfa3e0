//! Ordinary programs do the same inside as outside: output, exit code, files.

mod cases;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use chopmark_sandbox::RunEnd;

use super::world::{Ran, World, needed};
use cases::Case;

/// Each path below the workspace with its mode and content.
type Files = BTreeMap<String, (u32, Vec<u8>)>;

/// The same variables on both sides; the sandbox sets these itself.
const ENVIRONMENT: [(&str, &str); 5] = [
    (
        "PATH",
        "/usr/bin:/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin",
    ),
    ("HOME", "/home/skill"),
    ("TMPDIR", "/tmp"),
    ("LANG", "C.UTF-8"),
    ("TERM", "dumb"),
];

/// Runs the case's script outside, then inside, from the same start at the same place.
fn same(case: &Case) {
    for program in case.programs {
        needed(program);
    }
    let (world, start) = (World::new(), World::new());
    let script = world.path("skill/case.sh");
    // The home inside is empty and the run's own; outside there is none.
    let text = format!(
        "umask 022\nHOME=$PWD/home; export HOME; mkdir $HOME\n{}",
        case.script
    );
    world.write("skill/case.sh", &text);
    let words = "sh \"$1\" >stdout 2>stderr; echo $? >status";
    copy(&world, &start);
    let bare = Command::new("/usr/bin/sh")
        .args(["-c", words, "sh"])
        .arg(&script)
        .current_dir(world.path("workspace"))
        .env_clear()
        .envs(ENVIRONMENT)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(bare.success());
    let outside = files(&world.path("workspace"));
    fs::remove_dir_all(world.path("workspace")).unwrap();
    copy(&start, &world);
    let programs = case.programs.join(", ");
    let manifest = format!(
        "files:\n  read: [\"skill:.\"]\n  write: [\"workspace:.\", \"temp:.\"]\n\
         exec: [sh, mkdir, {programs}]\nresources: {{wallSeconds: 120}}\n"
    );
    let ran = world.run(
        &manifest,
        &["sh", "-c", words, "sh", script.to_str().unwrap()],
    );
    let inside = files(&world.path("workspace"));
    assert_same(case.name, &outside, &inside, &ran);
}

fn assert_same(name: &str, outside: &Files, inside: &Files, ran: &Ran) {
    let text = |files: &Files, path: &str| {
        let content = files.get(path).map(|(_, content)| content.clone());
        String::from_utf8_lossy(&content.unwrap_or_default()).into_owned()
    };
    for path in ["stderr", "stdout", "status"] {
        let (outside, inside) = (text(outside, path), text(inside, path));
        assert_eq!(
            outside,
            inside,
            "{name}: {path}; denied: {:#?}",
            ran.denied()
        );
    }
    assert_eq!(
        text(outside, "status"),
        "0\n",
        "{name}: {}",
        text(outside, "stderr")
    );
    let names = |files: &Files| -> Vec<String> { files.keys().cloned().collect() };
    assert_eq!(names(outside), names(inside), "{name}");
    for (path, of_outside) in outside {
        assert_eq!(Some(of_outside), inside.get(path), "{name}: {path}");
    }
    assert_eq!(ran.outcome.end, RunEnd::Exited(0), "{name}");
}

fn copy(from: &World, to: &World) {
    let (from, to) = (from.path("workspace"), to.path("workspace"));
    if to.exists() {
        fs::remove_dir_all(&to).unwrap();
    }
    let copied = Command::new("cp")
        .arg("-a")
        .args([&from, &to])
        .status()
        .unwrap();
    assert!(copied.success());
}

fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let content = if kind.is_symlink() {
                fs::read_link(&path)
                    .unwrap()
                    .into_os_string()
                    .into_encoded_bytes()
            } else if kind.is_file() {
                fs::read(&path).unwrap()
            } else {
                folders.push(path.clone());
                Vec::new()
            };
            let name = path
                .strip_prefix(folder)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
            found.insert(name, (mode, content));
        }
    }
    found
}

#[test]
fn the_shell_and_the_core_programs_run_the_same() {
    cases::shell().iter().for_each(same);
}

#[test]
fn programs_for_text_and_data_run_the_same() {
    cases::data().iter().for_each(same);
}

#[test]
fn python_with_venv_and_pip_runs_the_same() {
    cases::python().iter().for_each(same);
}

#[test]
fn node_and_npm_run_the_same() {
    cases::node().iter().for_each(same);
}

#[test]
fn git_make_and_a_compiler_run_the_same() {
    cases::build().iter().for_each(same);
}

/// What was written a moment ago is data: a program built in the workspace does not start, and
/// the same one as part of the skill does.
#[test]
fn a_freshly_built_program_does_not_start() {
    needed("cc");
    let world = World::new();
    world.write(
        "workspace/hello.c",
        "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n",
    );
    let manifest = "files:\n  read: [\"workspace:.\", \"skill:.\"]\n  \
        write: [\"workspace:out\", \"temp:.\"]\nexec: [sh, cc]\n";
    let built = world.run(manifest, &["sh", "-c", "cc -o out/hello hello.c"]);
    assert_eq!(built.outcome.end, RunEnd::Exited(0), "{:?}", built.denied());
    let program = world.path("workspace/out/hello");
    let ran = world.run(manifest, &["sh", "-c", "out/hello"]);
    assert_eq!(ran.outcome.end, RunEnd::Exited(126));
    assert!(
        ran.denied()
            .contains(&format!("exec {}", program.display()))
    );
    fs::copy(&program, world.path("skill/hello")).unwrap();
    let ran = world.run(manifest, &[world.path("skill/hello").to_str().unwrap()]);
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
}
