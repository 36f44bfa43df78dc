// What a restart must not forget of the shadow phase: looks that used their part of alpha, and the counts that validity is judged by.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { RunningMirror } from "../../gateway/index.ts";

export type MirrorCounts = ReturnType<RunningMirror["counts"]>;

export interface ShadowMemory {
  readonly startedAt?: number;
  readonly looks: number;
  readonly primaries: number;
  readonly lost: number;
  readonly counts: Omit<MirrorCounts, "inflight" | "brake">;
}

export const NO_COUNTS: ShadowMemory["counts"] = {
  sent: 0,
  dropped: {},
  excluded: {},
  clientGone: {},
  eligibleSessions: 0,
  sampledSessions: 0,
  fraction: 0,
  spent: { bytes: 0, tokens: 0, cost: 0, day: "" },
};

const NOTHING: ShadowMemory = { looks: 0, primaries: 0, lost: 0, counts: NO_COUNTS };

/** A file that cannot be read is no reason not to start: the worst is one look too many. */
export function readShadowMemory(file: string): ShadowMemory {
  try {
    return { ...NOTHING, ...(JSON.parse(readFileSync(file, "utf8")) as ShadowMemory) };
  } catch {
    return NOTHING;
  }
}

/** Renamed into place. Throws when the disk does not take it. */
export function writeShadowMemory(file: string, memory: ShadowMemory): void {
  writeFileSync(`${file}.new`, JSON.stringify(memory), { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** What was counted before the restart, and since. Sessions seen on both sides of it count twice; both shares are the same. */
export function addCounts(before: ShadowMemory["counts"], now: MirrorCounts): MirrorCounts {
  const eligible = before.eligibleSessions + now.eligibleSessions;
  const weighted = before.fraction * before.eligibleSessions + now.fraction * now.eligibleSessions;
  const sameDay = before.spent.day === now.spent.day;
  return {
    ...now,
    sent: before.sent + now.sent,
    dropped: addTallies(before.dropped, now.dropped),
    excluded: addTallies(before.excluded, now.excluded),
    clientGone: addTallies(before.clientGone, now.clientGone),
    eligibleSessions: eligible,
    sampledSessions: before.sampledSessions + now.sampledSessions,
    fraction: eligible === 0 ? 0 : weighted / eligible,
    spent: sameDay ? addSpent(before.spent, now.spent) : now.spent,
  };
}

function addSpent(a: MirrorCounts["spent"], b: MirrorCounts["spent"]): MirrorCounts["spent"] {
  return { bytes: a.bytes + b.bytes, tokens: a.tokens + b.tokens, cost: a.cost + b.cost, day: b.day };
}

type Tally = Readonly<Record<string, number>>;

function addTallies(a: Tally, b: Tally): Tally {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}
