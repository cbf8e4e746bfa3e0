"""Folders that publishing must take or refuse, each made here and each different in one way."""

import os
import pathlib

GOOD = "---\nname: {name}\ndescription: Does one thing.\n---\n\n# {name}\n\nDo it.\n"


def make(top):
    """Yields (name, folder, expected): expected is `accepted` or the code of the refusal."""
    top = pathlib.Path(top)

    def folder(name, text=GOOD):
        path = top / name
        path.mkdir(parents=True)
        if text is not None:
            (path / "SKILL.md").write_bytes(text.format(name=name).encode())
        return path

    yield "plain", folder("plain"), "accepted"

    path = folder("umask-002")
    (path / "notes.md").write_text("notes\n")
    os.chmod(path / "notes.md", 0o664)
    os.chmod(path, 0o775)
    yield "umask-002", path, "accepted"

    path = folder("exec-bits")
    (path / "run.sh").write_text("#!/bin/sh\necho run\n")
    os.chmod(path / "run.sh", 0o775)
    yield "exec-bits", path, "accepted"

    path = folder("version-control")
    (path / ".git").mkdir()
    (path / ".git/config").write_text("[core]\n")
    yield "version-control", path, "accepted"

    path = folder("dot-files")
    (path / ".editorconfig").write_text("root = true\n")
    yield "dot-files", path, "accepted"

    yield "line-ends", folder("line-ends", GOOD.replace("\n", "\r\n")), "accepted"
    yield "byte-order-mark", folder("byte-order-mark", "\ufeff" + GOOD), "accepted"
    yield "unknown-field", folder("unknown-field", GOOD.replace("name:", "version: 1\nname:")), "accepted"

    path = folder("twelve-megabytes")
    (path / "data.bin").write_bytes(bytes(range(256)) * (12 * 4096))
    yield "twelve-megabytes", path, "accepted"

    path = folder("empty-file")
    (path / "empty.txt").write_bytes(b"")
    yield "empty-file", path, "accepted"

    path = folder("unicode-name")
    (path / "größe.md").write_text("fine\n")
    yield "unicode-name", path, "accepted"

    yield "no-skill-file", folder("no-skill-file", None), "skill-file-missing"
    yield "no-front-matter", folder("no-front-matter", "# Only a heading\n"), "skill-no-front-matter"
    yield "open-front-matter", folder("open-front-matter", "---\nname: {name}\n"), "skill-front-matter-open"
    yield "odd-yaml", folder("odd-yaml", GOOD.replace("Does one", "Does: one")), "skill-yaml"
    yield "yaml-anchor", folder("yaml-anchor", GOOD.replace("name:", "a: &x 1\nb: *x\nname:")), "skill-yaml"
    yield "other-name", folder("other-name", GOOD.replace("{name}", "elsewhere")), "skill-name-other"
    yield "no-description", folder("no-description", "---\nname: {name}\n---\n"), "skill-field-missing"

    path = folder("bad-permissions")
    (path / "permissions.yaml").write_text("schema: https://chopmark.dev/schema/permissions/v1\nroot: yes\n")
    yield "bad-permissions", path, "permission-unknown-field"

    path = folder("many-files")
    for number in range(4096):
        (path / f"{number}.txt").write_bytes(b"")
    yield "many-files", path, "package-too-many-files"

    path = folder("large-file")
    with open(path / "data.bin", "wb") as file:
        file.truncate((16 << 20) + 1)
    yield "large-file", path, "package-file-too-large"

    path = folder("case-collision")
    (path / "a.txt").write_text("1")
    (path / "A.txt").write_text("2")
    yield "case-collision", path, "path-case-collision"

    path = folder("unicode-collision")
    (path / "\u00e9.txt").write_text("1")
    (path / "e\u0301.txt").write_text("2")
    yield "unicode-collision", path, "path-not-nfc"

    path = folder("symbolic-link")
    os.symlink("/etc/hostname", path / "link")
    yield "symbolic-link", path, "folder-symlink"

    path = folder("link-out")
    os.symlink("../../..", path / "up")
    yield "link-out", path, "folder-symlink"

    path = folder("hard-link")
    os.link(path / "SKILL.md", path / "twin.md")
    yield "hard-link", path, "folder-hard-link"

    path = folder("pipe")
    os.mkfifo(path / "pipe")
    yield "pipe", path, "folder-special-file"

    path = folder("backslash")
    (path / "a\\b.txt").write_text("1")
    yield "backslash", path, "path-backslash"

    path = folder("control-character")
    (path / "a\nb.txt").write_text("1")
    yield "control-character", path, "path-control-character"

    path = folder("not-utf8")
    with open(os.fsencode(str(path)) + b"/\xff.txt", "wb"):
        pass
    yield "not-utf8", path, "path-not-utf8"

    path = folder("device-name")
    (path / "CON.txt").write_text("1")
    yield "device-name", path, "path-reserved-name"

    path = folder("trailing-dot")
    (path / "a.").write_text("1")
    yield "trailing-dot", path, "path-trailing-dot-or-space"

    path = folder("deep")
    deep = path.joinpath(*["d"] * 20)
    deep.mkdir(parents=True)
    (deep / "a.txt").write_text("1")
    yield "deep", path, "folder-too-deep"
