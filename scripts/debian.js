#!/usr/bin/env node
// Programs of Debian packages without installing them or being root: `node scripts/debian.js prometheus …` prints a folder for each.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const CACHE = process.env.SWITCHGEAR_DEBIAN_CACHE ?? join(homedir(), ".cache", "switchgear", "debian");
const LIMIT_MS = 180_000;

/**
 * The folder that a package's files are under (`usr/bin/…`), fetched once and kept; dependencies are not followed: name them too.
 * Throws when apt is missing or the archive is unreachable.
 */
export function debianPackage(name, cache = CACHE) {
  if (!/^[a-z0-9][a-z0-9+.-]+$/.test(name)) throw new Error(`debian: "${name}" is not the name of a package`);
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, ".new-"));
  try {
    const file = download(name, work);
    run("dpkg-deb", ["-x", file, join(work, "files")], work);
    keep(join(work, "files"), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** Whoever is first keeps: two processes may fetch the same package at once. */
function keep(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

/** By the machine's own package lists; when they are missing or old, by lists of our own, which need no root. */
function download(name, folder) {
  const first = attempt("apt-get", ["download", name], folder);
  if (first.status !== 0) {
    if (first.error?.code === "ENOENT") throw new Error("debian: no apt-get here; this needs Debian or Ubuntu");
    const own = ownLists(folder);
    run("apt-get", [...own, "update"], folder);
    run("apt-get", [...own, "download", name], folder);
  }
  const found = readdirSync(folder).find((file) => file.endsWith(".deb"));
  if (found === undefined) throw new Error(`debian: apt-get download ${name} left no file`);
  return join(folder, found);
}

function ownLists(folder) {
  const lists = join(folder, "lists");
  const cache = join(folder, "cache");
  for (const part of [join(lists, "partial"), join(cache, "archives", "partial")]) mkdirSync(part, { recursive: true });
  return ["-o", `Dir::State::lists=${lists}`, "-o", `Dir::Cache=${cache}`];
}

function run(program, args, cwd) {
  const { status, error, stderr } = attempt(program, args, cwd);
  if (status !== 0) throw new Error(`debian: ${program} ${args.join(" ")} failed: ${error?.message ?? stderr.trim()}`);
}

function attempt(program, args, cwd) {
  return spawnSync(program, args, { cwd, encoding: "utf8", timeout: LIMIT_MS, stdio: ["ignore", "ignore", "pipe"] });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  if (names.length === 0) {
    process.stderr.write("usage: node scripts/debian.js PACKAGE…\n");
    process.exit(2);
  }
  try {
    for (const name of names) process.stdout.write(`${debianPackage(name)}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
