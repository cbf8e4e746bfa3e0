use super::*;

fn engine() -> semver::Version {
    semver::Version::new(0, 1, 0)
}

fn files(manifest: &str, yara: &str) -> BTreeMap<String, Vec<u8>> {
    BTreeMap::from([
        ("pack.toml".to_owned(), manifest.as_bytes().to_vec()),
        ("a.yar".to_owned(), yara.as_bytes().to_vec()),
    ])
}

const YARA: &str = "rule found { strings: $a = \"needle\" condition: $a }";

fn manifest(rule: &str) -> String {
    format!(
        "schema = \"https://chopmark.dev/schema/rule-pack/v1\"\nid = \"t\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\nengine = \">=0.1.0\"\ndescription = \"d\"\n\n[[rules]]\n{rule}"
    )
}

const RULE: &str = "id = \"found\"\ntitle = \"t\"\nseverity = \"medium\"\ncwe = \"CWE-1\"\nowasp = \"ASI01\"\nrationale = \"r\"\n";

#[track_caller]
fn check(manifest: &str, yara: &str, code: Option<&str>) {
    let loaded = RulePack::load(files(manifest, yara), &engine(), None);
    assert_eq!(loaded.err().map(|error| error.code()), code);
}

#[test]
fn a_pack_loads_and_each_broken_twin_is_refused() {
    check(&manifest(RULE), YARA, None);
    check(
        &manifest(RULE).replace("0.1.0", "9.0.0"),
        YARA,
        Some("pack-engine"),
    );
    check(
        &manifest(RULE).replace("license", "licence"),
        YARA,
        Some("pack-malformed"),
    );
    check(
        &manifest(RULE),
        "rule found { condition: }",
        Some("pack-compile"),
    );
    check(
        &manifest(RULE),
        &YARA.replace("found", "other"),
        Some("pack-rule"),
    );
    check(
        &manifest(&RULE.replace("CWE-1", "none")),
        YARA,
        Some("pack-rule"),
    );
    check(
        &manifest(&format!("gate = true\n{RULE}")),
        YARA,
        Some("pack-rule"),
    );
    check(
        &manifest(&format!("{RULE}\n[[rules]]\n{RULE}")),
        YARA,
        Some("pack-rule"),
    );
}

#[test]
fn plain_yara_files_are_a_pack_and_an_empty_folder_is_none() {
    let plain = BTreeMap::from([("a.yar".to_owned(), YARA.as_bytes().to_vec())]);
    let pack = RulePack::load(plain, &engine(), None).expect("loads");
    assert_eq!(
        pack.rules()
            .map(|rule| rule.id.as_str())
            .collect::<Vec<_>>(),
        ["found"]
    );
    let empty = RulePack::load(BTreeMap::new(), &engine(), None);
    assert_eq!(empty.err().map(|error| error.code()), Some("pack-empty"));
}

#[test]
fn the_digest_is_over_sources_only() {
    let digest = |files| -> RulePackDigest {
        RulePack::load(files, &engine(), None)
            .expect("loads")
            .name()
            .digest
    };
    let base = files(&manifest(RULE), YARA);
    let mut more = base.clone();
    more.insert(
        "fixtures/found.txt".to_owned(),
        b"=== hit\nneedle\n".to_vec(),
    );
    assert_eq!(digest(base.clone()), digest(more));
    let other = files(&manifest(RULE), &YARA.replace("needle", "thread"));
    assert_ne!(digest(base), digest(other));
}

#[test]
fn a_damaged_cache_is_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::in_folder(folder.path().join("rules"));
    let load =
        || RulePack::load(files(&manifest(RULE), YARA), &engine(), Some(&cache)).expect("loads");
    let first = load().name().digest;
    assert!(cache.read(&first, &engine()).is_some());
    let path = std::fs::read_dir(folder.path().join("rules"))
        .expect("listed")
        .next()
        .expect("one")
        .expect("read")
        .path();
    let mut bytes = std::fs::read(&path).expect("read");
    bytes[40] ^= 1;
    let mut file = std::fs::File::create(&path).expect("opened");
    std::io::Write::write_all(&mut file, &bytes).expect("written");
    assert!(cache.read(&first, &engine()).is_none());
    assert_eq!(load().name().digest, first);
    assert!(cache.read(&first, &engine()).is_some());
}

#[test]
fn every_rule_of_the_base_pack_passes_its_fixtures() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/chopmark-base");
    let pack =
        RulePack::load(read_pack_folder(&folder).expect("read"), &engine(), None).expect("loads");
    assert_eq!(
        pack.name(),
        base_pack(&engine(), None).expect("loads").name()
    );
    let failures = pack.test(&engine()).expect("fixtures parse");
    let text: Vec<_> = failures
        .iter()
        .map(|f| format!("{}: {}", f.rule, f.problem))
        .collect();
    assert!(text.is_empty(), "{}", text.join("\n"));
}

#[test]
fn a_native_program_is_a_gate_unless_it_is_a_declared_entry_point() {
    use chopmark_core::package::{Mode, Package};
    let pack = base_pack(&engine(), None).expect("loads");
    let gates = |manifest: &str| {
        let file = |path: &str, bytes: &[u8]| (path.to_owned(), Mode::Regular, bytes.to_vec());
        let files = vec![
            file("SKILL.md", b"---\nname: a\n---\n"),
            file("bin/tool", b"\x7fELF\x02\x01\x01\0"),
            file("permissions.yaml", manifest.as_bytes()),
        ];
        let package = Package::build(files).expect("a package");
        let packs = std::slice::from_ref(&pack);
        crate::engine::scan(
            &package,
            packs,
            &crate::config::Config::standard(),
            &engine(),
        )
        .gates()
    };
    let head = "schema: https://chopmark.dev/schema/permissions/v1\n";
    assert_eq!(gates(head), 1);
    assert_eq!(
        gates(&format!("{head}entrypoints:\n  - path: bin/tool\n")),
        0
    );
}

#[test]
fn rules_with_a_strange_line_break_are_refused_and_do_not_end_the_program() {
    let load = |text: &str| {
        let files = [("a.yar".to_owned(), text.as_bytes().to_vec())];
        RulePack::load(files.into(), &engine(), None)
    };
    let good = "rule a { strings: $a = \"example\" condition: $a }\n";
    assert!(load(good).is_ok());
    for text in ["\u{85}", "\u{85}\u{85}\n", &format!("{good}\u{85}\n")] {
        let refused = load(text).expect_err("no rules");
        assert_eq!(refused.code(), "pack-compile", "{text:?} {refused}");
        assert!(refused.to_string().contains("a.yar:"), "{refused}");
    }
}
