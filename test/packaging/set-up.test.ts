// A clone on a fresh machine: installs by itself, once; what is missing or wrong ends with one clear line.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const base = mkdtempSync(join(tmpdir(), "switchgear-clone-"));
after(() => rmSync(base, { recursive: true, force: true }));

/** The pinned Node as a script that knows its version: linking the real one costs 200 MB. */
const NODE_STAND_IN = `#!/bin/sh\necho v${process.versions.node}\n`;

/** npm as far as set-up uses it: notes its arguments, installs the pinned Node unless told not to. */
const NPM_STAND_IN = `
const fs = require("node:fs");
fs.appendFileSync("npm-calls", process.argv.slice(2).join(" ") + "\\n");
if (process.env.WITHOUT_SCRIPTS) { fs.mkdirSync("node_modules", { recursive: true }); process.exit(0); }
if (process.env.NPM_FAILS) process.exit(7);
if (process.env.NPM_SLOW) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
fs.mkdirSync("node_modules/.bin", { recursive: true });
fs.writeFileSync("node_modules/.bin/node", ${JSON.stringify(NODE_STAND_IN)}, { mode: 0o755 });
`;

test("set-up installs once, and again when the lockfile changes", () => {
  const clone = bareClone("once");
  const first = setUp(clone);
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stderr, /installing dependencies and Node/);
  assert.equal(setUp(clone).stderr, "");
  writeFileSync(join(clone, "package-lock.json"), "{}");
  assert.match(setUp(clone).stderr, /installing/);
  const calls = readFileSync(join(clone, "npm-calls"), "utf8").trim().split("\n");
  assert.equal(calls.length, 2);
  assert.ok(calls.every((call) => call.startsWith("ci --ignore-scripts=false --include=dev")));
});

test("two set-ups at once install once, and a lock of a killed one is nobody's", async () => {
  const clone = bareClone("both");
  const killed = slowSetUp(clone);
  while (!existsSync(join(clone, "npm-calls"))) await new Promise((next) => void setTimeout(next, 20));
  killed.kill("SIGKILL");
  await once(killed, "exit");
  rmSync(join(clone, "npm-calls"));
  const runs = [1, 2].map(() => once(slowSetUp(clone), "exit"));
  assert.deepEqual(await Promise.all(runs), [
    [0, null],
    [0, null],
  ]);
  assert.equal(readFileSync(join(clone, "npm-calls"), "utf8").trim().split("\n").length, 1);
});

test("without install scripts set-up says what is missing, and does not take it for done", () => {
  const clone = bareClone("no-scripts");
  for (let round = 0; round < 2; round += 1) {
    const run = setUp(clone, { WITHOUT_SCRIPTS: "1" });
    assert.equal(run.status, 2);
    assert.match(run.stderr, /expected Node \S+ at node_modules\/\.bin\/node, found none; .*--ignore-scripts\?\n$/);
  }
});

test("a failed npm ci is not taken for done", () => {
  const clone = bareClone("failed");
  const run = setUp(clone, { NPM_FAILS: "1" });
  assert.equal(run.status, 2);
  assert.match(run.stderr, /set-up failed: npm ci ended with exit code 7/);
  assert.equal(existsSync(join(clone, "node_modules", ".switchgear-setup")), false);
});

test("another major of Node ends with one line", () => {
  const clone = bareClone("major");
  edit(join(clone, "package.json"), /"node": "\d+\.\d+\.\d+"/, '"node": "99.1.0"');
  for (const args of [["scripts/run.js", "src/cli/main.ts"], ["scripts/check.js"], ["scripts/test.js"]]) {
    const run = node(clone, args);
    assert.equal(run.status, 2);
    assert.match(run.stderr, /^switchgear: expected Node 99, found \S+ at \S+; start through npm [^\n]*\n$/);
  }
});

test("an installed package on a Node that is too old ends with one line", () => {
  const clone = bareClone("old");
  cpSync(join(ROOT, "bin"), join(clone, "bin"), { recursive: true });
  edit(join(clone, "bin/switchgear.js"), /const OLDEST = \d+/, "const OLDEST = 99");
  const run = node(clone, ["bin/switchgear.js", "--version"]);
  assert.equal(run.status, 2);
  assert.match(run.stderr, /^switchgear: expected Node\.js 99 or newer, found \S+ at \S+ \[SWG_RUNTIME_TOO_OLD\]\n$/);
});

test("on Windows the command ends with one line, and npm installs it on Linux and macOS only", () => {
  const preload = `data:text/javascript,Object.defineProperty(process,"platform",{value:"win32"})`;
  const run = spawnSync(process.execPath, ["--import", preload, join(ROOT, "bin/switchgear.js"), "--version"], {
    encoding: "utf8",
  });
  assert.equal(run.status, 2);
  assert.match(
    run.stderr,
    /^switchgear: expected Linux[^\n]+found Windows; [^\n]*WSL 2 \[SWG_PLATFORM_UNSUPPORTED\]\n$/,
  );
  const { os } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { os: string[] };
  assert.deepEqual(os, ["linux", "darwin"]);
});

test("every part of package.json's scripts that runs our code starts set-up first or runs the guard", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const unguarded = Object.entries(scripts).filter(([, command]) => /node (src|bench|\S+\.ts)/.test(command));
  assert.deepEqual(unguarded, []);
  const entries = ["start", "test", "check", "docs", "bench:routing", "bench:proxy"];
  assert.deepEqual(
    entries.filter((name) => scripts[`pre${name}`] !== "node scripts/setup.js"),
    [],
  );
});

function bareClone(name: string): string {
  const clone = join(base, name);
  mkdirSync(clone);
  for (const part of ["scripts", "package.json", "package-lock.json", ".npmrc"])
    cpSync(join(ROOT, part), join(clone, part), { recursive: true });
  writeFileSync(join(clone, "npm.cjs"), NPM_STAND_IN);
  return clone;
}

function setUp(clone: string, more: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  return node(clone, ["scripts/setup.js"], { npm_execpath: join(clone, "npm.cjs"), ...more });
}

/** Beside others. */
function slowSetUp(clone: string): ChildProcess {
  const env = { ...process.env, npm_execpath: join(clone, "npm.cjs"), NPM_SLOW: "1" };
  return spawn(process.execPath, ["scripts/setup.js"], { cwd: clone, env, stdio: "ignore" });
}

function node(cwd: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, args, { cwd, env: { ...process.env, ...more }, encoding: "utf8" });
}

function edit(file: string, from: RegExp, to: string): void {
  const text = readFileSync(file, "utf8");
  assert.match(text, from);
  writeFileSync(file, text.replace(from, to));
}
