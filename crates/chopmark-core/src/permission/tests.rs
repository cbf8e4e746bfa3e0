use super::*;

fn file(access: Access, text: &str) -> Permission {
    Permission::File(FilePermission::parse(access, text).unwrap())
}

#[test]
fn meeting_takes_the_narrower_path_and_the_lesser_access() {
    let wide = file(Access::Write, "workspace:.");
    let narrow = file(Access::Read, "workspace:src");
    assert_eq!(wide.meet(&narrow), Some(narrow.clone()));
    assert_eq!(narrow.meet(&wide), Some(narrow.clone()));
    assert_eq!(narrow.meet(&file(Access::Write, "workspace:srcs")), None);
    assert_eq!(narrow.meet(&file(Access::Read, "skill:src")), None);
}

#[test]
fn legacy_reads_and_never_reaches_out() {
    let grant = Grant::legacy();
    assert_eq!(grant.files().len(), 3);
    assert!(grant.any_program() && !grant.open_network());
    assert!(grant.network().is_empty() && grant.secrets().is_empty());
    assert!(
        grant
            .files()
            .iter()
            .all(|file| (file.access(), file.root()) != (Access::Write, Root::Workspace))
    );
}

const EXAMPLE: &str = r#"schema: https://chopmark.dev/schema/permissions/v1
files:
  read: ["workspace:.", "skill:."]
  write: ["workspace:out", "temp:."]
network:
  - host: api.weather.example
    methods: [GET]
    path: /v1/
secrets:
  - name: WEATHER_TOKEN
    host: api.weather.example
    header: Authorization
    format: "Bearer {secret}"
    methods: [GET]
    path: /v1/
exec: ["python3", "curl"]
agent: {tools: [], remoteInstructions: false}
resources: {memoryMiB: 1024, cpuSeconds: 30, processes: 64, wallSeconds: 60}
entrypoints:
  - path: scripts/report.py
    interpreter: python3
"#;

#[test]
fn the_example_reads_in_words_and_round_trips() {
    let manifest = Manifest::parse(EXAMPLE).unwrap();
    let words = manifest.words();
    assert!(
        words.contains(&"may read your workspace".to_owned()),
        "{words:?}"
    );
    assert!(words.contains(&"may reach https://api.weather.example/v1/ (GET)".to_owned()));
    assert!(words.contains(
        &"may use your secret WEATHER_TOKEN at api.weather.example/v1/ (GET)".to_owned()
    ));
    assert_eq!(Manifest::parse(&manifest.to_json()), Ok(manifest.clone()));
    let grant = Grant::from_manifest(
        &manifest,
        &PolicyLimits::all_of(&manifest),
        &Consent::to_all_of(&manifest),
    );
    assert_eq!(Grant::parse(&grant.to_json()), Ok(grant));
    assert_eq!(
        Grant::parse(&Grant::legacy().to_json()),
        Ok(Grant::legacy())
    );
    assert_eq!(Manifest::empty().words(), ["asks for nothing"]);
}

/// Each edit of the example is refused with this code; the example itself is the twin.
fn check(from: &str, to: &str, code: &str) {
    assert!(EXAMPLE.contains(from), "{from}");
    let error = Manifest::parse(&EXAMPLE.replacen(from, to, 1)).unwrap_err();
    assert_eq!(error.code(), code, "{to}: {error}");
}

#[test]
fn one_wrong_fact_is_refused() {
    check("schema: https", "schema: http", "permission-schema");
    check("files:", "filez:", "permission-unknown-field");
    check("methods: [GET]", "methods: [GTE]", "permission-method");
    check("methods: [GET]", "methods: []", "permission-no-method");
    check(
        "host: api.weather.example",
        "host: \"*\"",
        "permission-host-wildcard",
    );
    check(
        "host: api.weather.example",
        "host: Api.weather.example",
        "permission-host-name",
    );
    check(
        "host: api.weather.example",
        "host: 10.0.0.1",
        "permission-host-is-address",
    );
    check(
        "host: api.weather.example\n    methods",
        "port: 443\n    methods",
        "permission-missing-field",
    );
    check("path: /v1/", "path: /v1/../", "permission-path-prefix");
    check("workspace:.", "workspace:../..", "permission-file-path");
    check("workspace:.", "workspace:*", "permission-file-pattern");
    check(
        "\"workspace:out\"",
        "\"skill:out\"",
        "permission-skill-write",
    );
    check("\"temp:.\"", "\"/\"", "permission-file-everything");
    check("{secret}", "secret", "permission-secret-format");
    check(
        "header: Authorization",
        "header: Host",
        "permission-header-reserved",
    );
    check(
        "name: WEATHER_TOKEN",
        "name: weather",
        "permission-secret-name",
    );
    check(
        "  - host: api",
        "  - host: other",
        "permission-secret-unreachable",
    );
    check(
        "exec: [\"python3\", ",
        "exec: [",
        "permission-interpreter-undeclared",
    );
    check("cpuSeconds: 30", "cpuSeconds: 0", "permission-resource");
    check("cpuSeconds: 30", "cpuSeconds: '30'", "permission-shape");
    check("agent: {", "agent: &a {", "yaml-anchor");
}

#[test]
fn only_growth_asks_again() {
    let old = Manifest::parse(EXAMPLE).unwrap();
    let narrower = Manifest::parse(&EXAMPLE.replace("\"workspace:out\", ", "")).unwrap();
    assert!(!Diff::between(&old.permissions(), &narrower.permissions()).grows());
    let diff = Diff::between(&narrower.permissions(), &old.permissions());
    assert_eq!(
        diff.added()
            .iter()
            .map(Permission::words)
            .collect::<Vec<_>>(),
        ["may change `out` in your workspace"]
    );
}

/// A wider permission to write gives no path that something obeys later; one that names it does.
#[test]
fn a_control_path_is_written_only_by_a_permission_that_names_it() {
    let file = |access, text: &str| FilePermission::parse(access, text).unwrap();
    let write = |text: &str| file(Access::Write, text);
    let whole = write("workspace:.");
    for (wide, narrow, covers) in [
        ("workspace:.", "workspace:src", true),
        ("workspace:.", "workspace:.git/hooks", false),
        ("workspace:.git", "workspace:.git/hooks", false),
        (
            "workspace:.git/hooks",
            "workspace:.git/hooks/pre-commit",
            true,
        ),
        ("workspace:.", "workspace:sub/.Claude/settings.json", false),
        ("/srv/project", "/srv/project/AGENTS.md", false),
        ("/srv/project", "/srv/project/README.md", true),
    ] {
        assert_eq!(
            write(wide).covers(&write(narrow)),
            covers,
            "{wide} {narrow}"
        );
    }
    // Reading it is part of the wider permission.
    assert!(whole.covers(&file(Access::Read, "workspace:.git/hooks")));
    let hooks = write("workspace:.git/hooks");
    assert_eq!(
        whole.meet(&hooks),
        Some(file(Access::Read, "workspace:.git/hooks"))
    );
    assert_eq!(hooks.meet(&hooks), Some(hooks.clone()));

    // So an update that asks for it grows, and what was granted before does not open it.
    let (before, after) = (
        vec![Permission::File(whole.clone())],
        vec![Permission::File(whole), Permission::File(hooks.clone())],
    );
    assert_eq!(
        Diff::between(&before, &after).added(),
        [Permission::File(hooks)]
    );
}
