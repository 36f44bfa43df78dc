// Makes a clone ready to run: installs dependencies when the lockfile changed and checks the pinned Node. Plain JS: runs on the system's Node 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".switchgear-setup");
const pinned = join(root, "node_modules", ".bin", "node");
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const wanted = devDependencies.node;

const digest = createHash("sha256");
for (const file of ["package.json", "package-lock.json", ".npmrc"]) digest.update(readFileSync(join(root, file)));
const key = digest.digest("hex");

if (!upToDate()) installAlone();

function upToDate() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === key && pinnedVersion() === wanted;
}

/** `undefined` when the pinned Node is not there or does not run. */
function pinnedVersion() {
  const run = spawnSync(pinned, ["--version"], { encoding: "utf8" });
  return run.status === 0 ? run.stdout.trim().slice(1) : undefined;
}

/** npm ci empties node_modules first: two of them at once, from two terminals, leave a broken one. */
function installAlone() {
  const lock = join(tmpdir(), `switchgear-setup-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`);
  while (!taken(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  process.on("exit", () => rmSync(lock, { force: true }));
  if (!upToDate()) install();
}

function taken(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!isAlive(lock)) rmSync(lock, { force: true });
    return false;
  }
}

/** A lock of a process that was killed is nobody's; one that is just being written is somebody's. */
function isAlive(lock) {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

function install() {
  process.stderr.write(
    `switchgear: installing dependencies and Node ${wanted} into node_modules (once, about 15 s)…\n`,
  );
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ["npm", []];
  const flags = ["ci", "--ignore-scripts=false", "--include=dev", "--include=optional"];
  const run = spawnSync(command, [...args, ...flags], { cwd: root, stdio: ["ignore", 2, 2] });
  if (run.status !== 0) fail(`npm ci ended with ${run.signal ?? `exit code ${run.status}`}; its output is above`);
  const found = pinnedVersion();
  if (found !== wanted)
    fail(
      `expected Node ${wanted} at node_modules/.bin/node, found ${found ?? "none"}; was npm run with --ignore-scripts?`,
    );
  writeFileSync(stamp, key);
}

function fail(why) {
  process.stderr.write(`switchgear: set-up failed: ${why}\n`);
  process.exit(2);
}
