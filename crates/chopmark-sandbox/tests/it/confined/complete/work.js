"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");
const { execFileSync, spawnSync } = require("child_process");
const { neat } = require("neat");

process.chdir("out");
const own = JSON.parse(fs.readFileSync(path.join(__dirname, "package.json"), "utf8"));
fs.writeFileSync("made.txt", neat("  made by " + own.name + "  "));
fs.renameSync("made.txt", "renamed.txt");
fs.copyFileSync("renamed.txt", "copied.txt");
fs.mkdirSync("deep/er/est", { recursive: true });
fs.appendFileSync("deep/log", "one\n");
fs.linkSync("copied.txt", "linked.txt");
fs.symlinkSync("linked.txt", "pointer");
fs.readFileSync("pointer");
fs.chmodSync("linked.txt", 0o600);
fs.utimesSync("linked.txt", 1, 1);
fs.truncateSync("linked.txt", 3);
for (const absent of ["absent", "/root/.ssh/id_ed25519", "renamed.txt/x"]) {
  try { fs.readFileSync(absent); process.exit(3); } catch { }
}
for (const closed of ["../input.txt", "CLAUDE.md", "/usr/new"]) {
  try { fs.appendFileSync(closed, "x"); process.exit(4); } catch { }
}
try { require("./absent.js"); process.exit(5); } catch { }
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "work-"));
fs.writeFileSync(path.join(scratch, "x"), "x");
fs.rmSync(scratch, { recursive: true });
execFileSync("cat", ["renamed.txt"]);
spawnSync("/usr/bin/id");
fs.readdirSync(".").filter((name) => name.endsWith(".txt")).forEach((name) => fs.readFileSync(name));
(async () => {
  await Promise.all([1, 2, 3, 4, 5, 6].map((n) => fs.promises.writeFile("async-" + n, "x")));
  const { digest } = await import("node:crypto").then((crypto) => ({ digest: crypto.createHash("sha256") }));
  await new Promise((done, failed) => {
    fs.createReadStream("renamed.txt").pipe(fs.createWriteStream("streamed.txt")).on("close", done).on("error", failed);
  });
  digest.update(await fs.promises.readFile("streamed.txt"));
  await fs.promises.rm("deep", { recursive: true });
})();
