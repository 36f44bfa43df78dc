// The decisions of all pools: a line each in a file that is bounded, the latest of each pool kept at hand.
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { readScaleRecords, type ScaleRecord } from "../../autoscaling/index.ts";
import { toError } from "../../core/index.ts";
import type { Log } from "../../telemetry/index.ts";

export interface DecisionLog {
  add(record: ScaleRecord): void;
  /** Oldest first. */
  last(pool: string): readonly ScaleRecord[];
}

const KEPT = 100;
/** About a day of two pools; one older file is kept beside. */
const MAX_BYTES = 16 << 20;

export function decisionLog(file: string, log: Log, maxBytes = MAX_BYTES): DecisionLog {
  const kept = new Map<string, ScaleRecord[]>();
  let size = 0;
  /** What is in the file may end in the middle of a line: a kill, or a disk that became full. */
  let isTorn = false;
  let failing = false;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const text = size > 0 ? readFileSync(file, "utf8") : "";
    for (const one of readScaleRecords(text).records) remember(one);
    isTorn = text !== "" && !text.endsWith("\n");
  } catch (error) {
    log.error({ file, error: toError(error).message }, "earlier scaling decisions cannot be read");
  }

  function remember(record: ScaleRecord): void {
    const of = kept.get(record.pool) ?? [];
    kept.set(record.pool, of);
    of.push(record);
    if (of.length > KEPT) of.shift();
  }

  return {
    add(record) {
      remember(record);
      const line = `${isTorn ? "\n" : ""}${JSON.stringify(record)}\n`;
      try {
        if (size > 0 && size + line.length > maxBytes) {
          renameSync(file, `${file}.1`);
          size = 0;
        }
        appendFileSync(file, line, { mode: 0o600 });
        size += line.length;
        [isTorn, failing] = [false, false];
      } catch (error) {
        if (!failing) log.error({ file, error: toError(error).message }, "scaling decisions cannot be recorded");
        [isTorn, failing] = [true, true];
      }
    },
    last: (pool) => kept.get(pool) ?? [],
  };
}
