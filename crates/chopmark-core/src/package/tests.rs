use super::*;

fn built(paths: &[&str]) -> Result<Package, &'static str> {
    let file = |path: &&str| (path.to_string(), Mode::Regular, path.as_bytes().to_vec());
    Package::build(paths.iter().map(file).collect()).map_err(|error| error.code())
}

fn check(paths: &[&str], expected: Result<(), &str>) {
    assert_eq!(built(paths).map(|_| ()), expected, "{paths:?}");
}

#[test]
fn collisions_are_found_across_folders() {
    check(&["SKILL.md", "docs/a", "docs/b"], Ok(()));
    check(
        &["SKILL.md", "docs/a", "Docs/b"],
        Err("path-case-collision"),
    );
    check(
        &["SKILL.md", "straße", "strasse"],
        Err("path-unicode-collision"),
    );
    check(&["SKILL.md", "ﬁle", "file"], Err("path-unicode-collision"));
    check(&["SKILL.md", "a", "a/b"], Err("path-file-as-folder"));
    check(&["SKILL.md", "a", "a"], Err("path-duplicate"));
    check(&["SKILL.md", "skill.md"], Err("path-case-collision"));
    check(&["skill.md"], Err("skill-file-name"));
    check(&["sub/SKILL.md"], Err("skill-file-missing"));
}

#[test]
fn manifest_prints_what_it_parses() {
    let package = built(&["b", "SKILL.md", "a/c"]).unwrap();
    let parsed = TreeManifest::parse(package.manifest().bytes()).unwrap();
    assert_eq!(&parsed, package.manifest());
    assert_eq!(
        Package::from_parts(parsed, package.blobs().clone()).unwrap(),
        package
    );
}
