//! The vectors of `vectors/`: what another implementation must make or refuse, byte for byte.
//!
//! They are compared, never rewritten by a test run: `CHOPMARK_VECTORS=write cargo test -p
//! chopmark-core vectors` makes them anew after a change of a specification.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use chopmark_core::json::sorted;
use chopmark_core::package::{Mode, Package, PackagePath, TreeManifest};
use chopmark_core::permission::Manifest;
use chopmark_core::record::Record;
use chopmark_core::skill;
use chopmark_core::testing::TestLog;

fn compare(name: &str, made: &Value) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../vectors")
        .join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(&sorted(made)).unwrap());
    if std::env::var_os("CHOPMARK_VECTORS").is_some_and(|value| value == "write") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(kept, text, "{name} differs from what this code makes");
}

#[test]
fn packages() {
    let good = "---\nname: a\ndescription: b\n---\n";
    let package = |files: &[(&str, Mode, &str)]| -> Result<Value, &'static str> {
        let parsed: Result<Vec<_>, _> = files
            .iter()
            .map(|(path, mode, text)| {
                let path = PackagePath::from_bytes(path.as_bytes())?;
                Ok((path, *mode, text.as_bytes().to_vec()))
            })
            .collect();
        let parsed = parsed.map_err(|error: chopmark_core::package::PathError| error.code())?;
        let made = Package::from_files(parsed).map_err(|error| error.code())?;
        let manifest = String::from_utf8(made.manifest().bytes().to_vec()).unwrap();
        Ok(json!({ "manifest": manifest, "digest": made.digest().to_hex() }))
    };
    let skill = ("SKILL.md", Mode::Regular, good);
    let mut rows = Vec::new();
    for (name, more) in [
        ("alone", None),
        ("program", Some(("run.sh", Mode::Executable))),
        ("sorted by bytes", Some(("A.md", Mode::Regular))),
        ("folder", Some(("a/b/c.txt", Mode::Regular))),
        (
            "letters with marks",
            Some(("gr\u{f6}\u{df}e.md", Mode::Regular)),
        ),
        ("parent", Some(("../x", Mode::Regular))),
        ("absolute", Some(("/x", Mode::Regular))),
        ("dot", Some(("a/./x", Mode::Regular))),
        ("empty component", Some(("a//x", Mode::Regular))),
        ("back-slash", Some(("a\\x", Mode::Regular))),
        ("drive", Some(("c:x", Mode::Regular))),
        ("star", Some(("a*", Mode::Regular))),
        ("newline", Some(("a\nb", Mode::Regular))),
        ("bidirectional", Some(("a\u{202e}b", Mode::Regular))),
        ("zero width", Some(("a\u{200b}b", Mode::Regular))),
        ("not composed", Some(("e\u{301}", Mode::Regular))),
        ("device name", Some(("con.txt", Mode::Regular))),
        ("short name", Some(("PROGRA~1", Mode::Regular))),
        ("trailing dot", Some(("a.", Mode::Regular))),
        ("version control", Some((".git/config", Mode::Regular))),
        ("own name", Some((".chopmark-x", Mode::Regular))),
        ("case", Some(("skill.MD", Mode::Regular))),
        ("file as folder", Some(("SKILL.md/x", Mode::Regular))),
        (
            "deep",
            Some(("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/x", Mode::Regular)),
        ),
    ] {
        let mut files = vec![skill];
        files.extend(more.map(|(path, mode)| (path, mode, "x")));
        let listed: Vec<Value> = files
            .iter()
            .map(|(path, mode, text)| json!({ "path": path, "mode": mode.as_str(), "base64": STANDARD.encode(text) }))
            .collect();
        let outcome = match package(&files) {
            Ok(made) => made,
            Err(code) => json!({ "refused": code }),
        };
        rows.push(json!({ "name": name, "files": listed, "outcome": outcome }));
    }
    let manifests: Vec<Value> = [
        "chopmark-tree v1\n",
        "chopmark-tree v2\n",
        "chopmark-tree v1\nx",
        "chopmark-tree v1\n00 1 644 SKILL.md\n",
    ]
    .into_iter()
    .map(|text| {
        let code = TreeManifest::parse(text.as_bytes()).unwrap_err().code();
        json!({ "manifest": text, "refused": code })
    })
    .collect();
    compare(
        "package-v1.json",
        &json!({ "packages": rows, "manifests": manifests }),
    );
}

#[test]
fn permissions() {
    let head = "schema: https://chopmark.dev/schema/permissions/v1\n";
    let rows: Vec<Value> = [
        "",
        "files: {read: [\"workspace:.\", \"skill:.\"], write: [\"workspace:out\"]}\n",
        "network: [{host: api.example.com, port: 443, methods: [GET], path: /v1/}]\n",
        "network: [{host: api.example.com, port: 443}]\nsecrets: [{name: TOKEN, host: api.example.com, port: 443, header: Authorization, format: \"Bearer {secret}\"}]\n",
        "exec: [sh, python3]\nentrypoints: [{path: scripts/a.py, interpreter: python3}]\n",
        "resources: {memoryMiB: 64, wallSeconds: 5}\n",
        "root: yes\n",
        "files: {read: [\"/\"]}\n",
        "files: {read: [\"workspace:**\"]}\n",
        "network: [{host: \"*.example.com\", port: 443}]\n",
        "network: [{host: 10.0.0.1, port: 443}]\n",
        "secrets: [{name: TOKEN, host: api.example.com, port: 443, header: Host, format: \"{secret}\"}]\n",
        "exec: [/bin/sh]\n",
        "a: &x 1\n",
    ]
    .into_iter()
    .map(|text| {
        let text = format!("{head}{text}");
        let outcome = match Manifest::parse(&text) {
            Ok(manifest) => json!({
                "json": serde_json::from_str::<Value>(&manifest.to_json()).unwrap(),
                "digest": manifest.digest().to_hex(),
                "words": manifest.words(),
            }),
            Err(error) => {
                let at = error.position();
                json!({ "refused": error.code(), "line": at.line, "column": at.column })
            }
        };
        json!({ "yaml": text, "outcome": outcome })
    })
    .collect();
    compare("permissions-v1.json", &json!({ "manifests": rows }));
}

#[test]
fn front_matter() {
    let rows: Vec<Value> = [
        "---\nname: a\ndescription: b\n---\n",
        "# no front matter\n",
        "---\nname: a\n",
        "---\nname: a\ndescription: b: c\n---\n",
        "---\nname: A\ndescription: b\n---\n",
        "\u{feff}---\r\nname: a\r\ndescription: b\r\nmore: c\r\n---\r\n",
    ]
    .into_iter()
    .map(|text| {
        let read = skill::read(Some(text.as_bytes()), Some("a"));
        let remarks: Vec<Value> = read
            .diagnostics
            .iter()
            .map(|d| json!({ "code": d.problem.code(), "line": d.at.line, "column": d.at.column, "refuses": d.problem.refuses() }))
            .collect();
        json!({ "text": text, "name": read.name, "description": read.description, "remarks": remarks })
    })
    .collect();
    compare("skill-v1.json", &json!({ "files": rows }));
}

#[test]
fn a_log_with_its_ids_and_roots() {
    let mut log = TestLog::new();
    let mut sunny = log.identity(1, "sunny");
    log.rotate(&mut sunny);
    let rows: Vec<Value> = log
        .leaves()
        .iter()
        .map(|leaf| {
            let record = Record::parse(leaf).unwrap();
            json!({
                "leaf": STANDARD.encode(leaf),
                "leafHash": chopmark_core::merkle::leaf_hash(leaf).to_hex(),
                "kind": record.kind().as_str(),
                "statementId": record.id().to_hex(),
                "issuer": record.issuer().to_hex(),
            })
        })
        .collect();
    let at = log.state().position();
    compare(
        "log-v1.json",
        &json!({ "leaves": rows, "mapRoot": at.root.to_hex(), "size": at.size }),
    );
}
