// Tells when the text of files changes, however it is done: written in place, renamed over, a symlink of the folder swapped.
import { createHash } from "node:crypto";
import { type FSWatcher, readdirSync, readFileSync, statSync, watch } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Clock, Timer } from "../../core/index.ts";

export interface WatchedFiles {
  close(): void;
}

export interface WatchOptions {
  /** Files, and folders for their `*.yaml` and `*.yml`. */
  readonly paths: readonly string[];
  readonly clock: Clock;
  readonly onChange: () => void;
}

/** An editor writes, renames and sets modes: once it is quiet, the file is whole. */
const QUIET_MS = 200;
/** Events are a hint: network file systems have none, and a watch may be refused. */
const LOOK_EVERY_MS = 5000;

export function watchFiles({ paths, clock, onChange }: WatchOptions): WatchedFiles {
  let seen = fingerprint(paths);
  let quiet: Timer | undefined;
  let looking: Timer = clock.after(LOOK_EVERY_MS, lookAgain);
  const watchers = folders(paths).flatMap((folder) => watchFolder(folder, stir));

  function stir(): void {
    quiet?.cancel();
    quiet = clock.after(QUIET_MS, look);
  }

  function look(): void {
    const now = fingerprint(paths);
    if (now === seen) return;
    seen = now;
    onChange();
  }

  function lookAgain(): void {
    look();
    looking = clock.after(LOOK_EVERY_MS, lookAgain);
  }

  return {
    close() {
      quiet?.cancel();
      looking.cancel();
      for (const one of watchers) one.close();
    },
  };
}

/** The file's own folder: a file that is replaced is another file, its folder stays. */
function folders(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map((path) => (isFolder(path) ? resolve(path) : dirname(resolve(path)))))];
}

function watchFolder(folder: string, onEvent: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}

function fingerprint(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of paths.flatMap(filesOf)) hash.update(`${file}\0`).update(contentOf(file)).update("\0");
  return hash.digest("hex");
}

function filesOf(path: string): string[] {
  if (!isFolder(path)) return [path];
  return readdirSync(path)
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => join(path, name));
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
