set -eu
cat >main.mjs <<'JS'
import fs from "node:fs";
import { execFileSync, fork, spawn } from "node:child_process";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import crypto from "node:crypto";
import path from "node:path";
import zlib from "node:zlib";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
console.log(require("./common.cjs").answer, process.version.startsWith("v"));
fs.mkdirSync("made/deep", { recursive: true });
fs.writeFileSync("made/deep/file", "content");
console.log(fs.readdirSync("made", { recursive: true }).sort());
console.log(crypto.createHash("sha256").update("x").digest("hex"));
console.log(zlib.gunzipSync(zlib.gzipSync("packed")).toString());
console.log(execFileSync("cat", ["made/deep/file"]).toString());
const worker = new Worker("const { parentPort } = require('node:worker_threads'); parentPort.postMessage(6 * 7)", { eval: true });
console.log(await new Promise((done) => worker.on("message", done)));
await worker.terminate();
const child = spawn("sh", ["-c", "cat; exit 4"], { stdio: ["pipe", "inherit", "inherit"] });
child.stdin.end("through\n");
console.log(await new Promise((done) => child.on("close", done)));
const server = (await import("node:net")).createServer((socket) => socket.end("served")).listen("/tmp/node-case.sock");
const client = (await import("node:net")).connect("/tmp/node-case.sock");
console.log(await new Promise((done) => client.on("data", (data) => done(data.toString()))));
server.close();
await fs.promises.cp("made", "copied", { recursive: true });
await fs.promises.rm("made", { recursive: true });
try { fs.readFileSync("absent"); } catch (error) { console.log(error.code); }
JS
echo 'module.exports = { answer: 42 };' >common.cjs
node main.mjs
node -e 'process.exit(5)' || echo "status $?"
