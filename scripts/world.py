"""A log with four replaying witnesses on loopback, and people who use it, for scripts.

Everything runs through the public binary in a temporary folder, as in `chopmark demo`.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


def binary():
    """The binary under test: $CHOPMARK, or the one that cargo built."""
    given = os.environ.get("CHOPMARK")
    if given:
        return given
    subprocess.run(["cargo", "build", "--quiet"], cwd=REPOSITORY, check=True)
    return str(REPOSITORY / "target/debug/chopmark")


class Actor:
    """Somebody with a home of Chopmark's and a folder to work in."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.home = world.root / "homes" / name
        self.folder = world.root / name
        self.home.mkdir(parents=True)
        self.folder.mkdir(parents=True)

    def environment(self):
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "CHOPMARK_HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
        }

    def run(self, *words, stdin=b""):
        """Exit code, stdout, and the refusal's document (None for success)."""
        done = subprocess.run(
            [self.world.binary, "--json", *map(str, words)],
            cwd=self.folder,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            timeout=300,
        )
        refusal = None
        for line in done.stderr.decode().splitlines():
            try:
                refusal = json.loads(line).get("error", refusal)
            except ValueError:
                pass
        return done.returncode, done.stdout.decode(), refusal

    def must(self, *words, stdin=b""):
        """Runs and returns the JSON answer; anything but success ends the script."""
        code, out, refusal = self.run(*words, stdin=stdin)
        if code:
            raise SystemExit(f"{self.name}: chopmark {' '.join(map(str, words))}: {code} {refusal}")
        return json.loads(out) if out.strip() else {}


class World:
    """The servers; a context manager that leaves nothing behind."""

    ORIGIN = "scripts.chopmark.example/log"

    def __init__(self):
        self.binary = binary()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="chopmark-", dir="/var/tmp"))
        self.servers = []

    def __enter__(self):
        servers = Actor(self, "servers")
        self.log = servers.must("registry", "init", "log", "--origin", self.ORIGIN)
        logs = servers.folder / "logs.policy"
        logs.write_text("quorum none\n")
        lines = ""
        for name in ("w1", "w2", "w3", "w4"):
            made = servers.must("witness", "init", name, "--name", f"{name}.example")
            url = self.serve(servers, "witness", "serve", name, "--logs", "logs.policy")
            lines += f"witness {name} {made['key']} {url}\n"
        lines += "group replaying 3 w1 w2 w3 w4\nquorum replaying\n"
        key = self.log["logKey"]
        (servers.folder / "policy").write_text(f"log {key}\n{lines}")
        self.url = self.serve(servers, "registry", "serve", "log", "--policy", "policy")
        logs.write_text(f"log {key} {self.url}\nquorum none\n")
        self.policy = self.root / "first-contact.policy"
        self.policy.write_text(f"log {key} {self.url}\n{lines}")
        for _ in range(400):
            try:
                urllib.request.urlopen(f"{self.url}/checkpoint")
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the witnesses did not cosign the log's beginning")

    def serve(self, actor, *words):
        child = subprocess.Popen(
            [self.binary, *words],
            cwd=actor.folder,
            env=actor.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.servers.append(child)
        line = child.stdout.readline().decode()
        return line.split("ready ")[1].strip()

    def __exit__(self, *_):
        for child in self.servers:
            child.kill()
            child.wait()
        shutil.rmtree(self.root)

    def member(self, label, name):
        """Somebody with keys and a name in the log; returns actor and identity."""
        actor = Actor(self, label)
        actor.must("trust", "init", self.policy, "--charter", self.log["charter"])
        actor.must("keygen", label, "--no-passphrase")
        answer = actor.must("identity", "register", name)
        return actor, answer["identity"]

    def host(self, root):
        """A host that decides by the demonstration's preset from one root."""
        actor = Actor(self, "host")
        actor.must(
            "trust", "init", self.policy, "--charter", self.log["charter"], "--preset", "demo",
            "--root", root, "--engine", "static=chopmark-scan", "--depth", "1", "--no-passphrase",
        )
        return actor
