// Texts of pairs on disk, when a plan asks for them: in files of their own that only the owner reads, gone after their time.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/index.ts";
import type { PairTexts } from "../../migration/index.ts";
import { jsonLines } from "./json-lines.ts";

export interface TextStore {
  /** Throws when the disk does not take it. False when the files are as large as they may be. */
  keep(texts: PairTexts): boolean;
  /** Deletes what is too old; also what a plan kept that does not ask for texts any more. */
  purge(): void;
  /** The last ones, newest first. */
  last(count: number): readonly PairTexts[];
}

export interface TextStoreOptions {
  readonly folder: string;
  /** 0: nothing is kept. */
  readonly ttlMs: number;
  readonly clock: Pick<Clock, "epoch">;
  readonly maxBytes?: number;
}

/** A file holds a part of the time to live, and goes when its first text is too old: none lives longer, most nearly as long. */
const PARTS = 24;
const MAX_BYTES = 256 << 20;

export function textStore({ folder, ttlMs, clock, maxBytes = MAX_BYTES }: TextStoreOptions): TextStore {
  const partMs = Math.max(1, ttlMs / PARTS);
  let bytes = list().reduce((sum, { path }) => sum + statSync(path).size, 0);

  function list(): readonly { readonly from: number; readonly path: string }[] {
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => /^\d+\.jsonl$/.test(name))
      .map((name) => ({ from: Number.parseInt(name, 10), path: join(folder, name) }))
      .sort((a, b) => a.from - b.from);
  }

  return {
    keep(texts) {
      const now = clock.epoch();
      const line = `${JSON.stringify(texts)}\n`;
      const size = Buffer.byteLength(line);
      if (ttlMs === 0 || bytes + size > maxBytes) return false;
      const from = Math.floor(Math.floor(now / partMs) * partMs);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      appendFileSync(join(folder, `${from}.jsonl`), line, { mode: 0o600 });
      bytes += size;
      return true;
    },
    purge() {
      const now = clock.epoch();
      for (const { from, path } of list()) {
        if (from + ttlMs > now) continue;
        bytes -= statSync(path).size;
        rmSync(path, { force: true });
      }
    },
    last(count) {
      const found: PairTexts[] = [];
      const now = clock.epoch();
      for (const { from, path } of list().toReversed()) {
        if (found.length >= count || from + ttlMs <= now) break;
        found.push(...jsonLines<PairTexts>(readFileSync(path, "utf8")).toReversed());
      }
      return found.slice(0, count);
    },
  };
}
