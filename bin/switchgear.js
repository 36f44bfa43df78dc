#!/usr/bin/env node
// Starts the command: compiled code from a package, sources under the pinned Node in a clone. Plain JS that parses on Node 18.
import { spawnSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const compiled = join(root, "dist", "cli", "main.js");
const source = join(root, "src", "cli", "main.ts");

if (process.platform === "win32") unsupported();
else if (existsSync(source)) runClone();
else if (Number(process.versions.node.split(".")[0]) < OLDEST) tooOld();
else await import(compiled);

function unsupported() {
  process.stderr.write(
    `switchgear: expected Linux, or macOS for development, found Windows; run it inside WSL 2 [SWG_PLATFORM_UNSUPPORTED]\n`,
  );
  process.exit(2);
}

function tooOld() {
  process.stderr.write(
    `switchgear: expected Node.js ${OLDEST} or newer, found ${process.versions.node} at ${process.execPath} [SWG_RUNTIME_TOO_OLD]\n`,
  );
  process.exit(2);
}

function runClone() {
  const setup = spawnSync(process.execPath, [join(root, "scripts", "setup.js")], { stdio: ["ignore", 2, 2] });
  if (setup.status !== 0) process.exit(setup.status ?? 2);
  const node = join(root, "node_modules", ".bin", "node");
  const child = spawn(node, [source, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}
