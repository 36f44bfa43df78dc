// The systemd units: valid, hardened, and starting a command with options that exist.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const UNITS = join(ROOT, "deploy/systemd");
const COMMAND = "/usr/local/bin/switchgear";
const folder = mkdtempSync(join(tmpdir(), "switchgear-systemd-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const skip = missing();

function missing(): string | false {
  const found = spawnSync("systemd-analyze", ["--version"]).status === 0;
  if (!found && process.env["CI"] === "true") throw new Error("systemd-analyze is not here");
  return found ? false : "systemd-analyze is not here";
}

/** The units with a command that exists: systemd looks whether it does. */
function units(name: string, change: (text: string) => string = (text) => text): string {
  const to = join(folder, name);
  mkdirSync(to);
  const command = join(to, "switchgear");
  writeFileSync(command, "#!/bin/sh\n");
  chmodSync(command, 0o755);
  for (const unit of globSync("*.{service,socket}", { cwd: UNITS }))
    writeFileSync(join(to, unit), change(readFileSync(join(UNITS, unit), "utf8")).replaceAll(COMMAND, command));
  return to;
}

function analyze(...args: string[]): { status: number | null; output: string } {
  const run = spawnSync("systemd-analyze", args, { encoding: "utf8", timeout: 30_000 });
  return { status: run.status, output: run.stdout + run.stderr };
}

test("systemd takes service, socket and drop-in without a word", { skip }, () => {
  const to = units("valid");
  const dropIns = join(to, "switchgear.service.d");
  const files = [join(to, "switchgear.service"), join(to, "switchgear.socket")];
  assert.deepEqual(analyze("verify", ...files), { status: 0, output: "" });
  mkdirSync(dropIns);
  cpSync(join(UNITS, "supervised.conf"), join(dropIns, "supervised.conf"));
  // Of the drop-in's command systemd says only that it is not installed here: that it was read.
  assert.match(analyze("verify", ...files).output, /switchgear is not executable/);
  const bad = units("invalid", (text) => text.replace("Restart=on-failure", "Restart=perhaps"));
  assert.notEqual(analyze("verify", join(bad, "switchgear.service")).output, "");
});

test("the service can reach little: systemd rates its exposure below 2 of 10", { skip }, () => {
  const rate = (to: string) =>
    analyze("security", "--offline=true", "--threshold=20", join(to, "switchgear.service")).status;
  assert.equal(rate(units("hardened")), 0);
  assert.notEqual(
    rate(units("open", (text) => text.replaceAll(/^(Protect|Private|Restrict|System|Capab).*\n/gm, ""))),
    0,
  );
});

test("units and image start the command with options that it has", () => {
  const reference = readFileSync(join(ROOT, "docs/reference/cli.md"), "utf8");
  const texts = globSync("deploy/{systemd,container}/*", { cwd: ROOT }).map((file) =>
    readFileSync(join(ROOT, file), "utf8"),
  );
  const commands = texts.flatMap((text) => text.match(/(ExecStart=\/|CMD \["serve).*/g) ?? []);
  assert.equal(commands.length, 3);
  for (const option of commands.flatMap((line) => line.match(/--[\w-]+/g) ?? []))
    assert.ok(reference.includes(`  ${option} `), option);
});

test("the socket is the data port by the name that the gateway looks for", () => {
  const socket = readFileSync(join(UNITS, "switchgear.socket"), "utf8");
  assert.match(socket, /^FileDescriptorName=gateway$/m);
});

test("bug: the socket unit opened the port to every network, whatever host the file says", () => {
  const socket = readFileSync(join(UNITS, "switchgear.socket"), "utf8");
  assert.deepEqual(socket.match(/^ListenStream=.*/gm), ["ListenStream=127.0.0.1:8080"]);
});

test("bug: a database that came up after the gateway left the service stopped for good", () => {
  const service = readFileSync(join(UNITS, "switchgear.service"), "utf8");
  assert.match(service, /^Restart=on-failure$/m);
  assert.match(service, /^StartLimitIntervalSec=0$/m);
  assert.doesNotMatch(service, /^RestartPreventExitStatus=/m);
});
