// The beginnings of prompts that many requests share, with their token ids, in memory only and bounded. Pure.
import type { PromptSource } from "../../../gateway/index.ts";
import type { BlockHashes } from "../../../tokens/index.ts";

export interface HotPrefix {
  readonly ids: Int32Array;
  /** Blocks are found by requests with the same salt only. */
  readonly salt: string | undefined;
}

export interface HotPrefixes {
  saw(hashes: BlockHashes, source: PromptSource): void;
  /** By the tokens that requests would have saved, what is in another one not counted again. */
  hottest(count: number): readonly HotPrefix[];
}

/** One block of a prompt; equal blocks after equal beginnings are one. */
interface Run {
  readonly before: Run | undefined;
  readonly ids: Int32Array;
  readonly salt: string | undefined;
  /** Requests that had it, fewer the longer ago; never more than of the run before. */
  count: number;
}

/** Of 16 tokens each: about 8 MiB. */
const MOST_RUNS = 32_768;
/** Of one prompt. */
const MOST_BLOCKS = 512;
/** What one request alone had may never come again. */
const SHARED = 2;
/** Counts are halved after so many requests: what was hot goes out. */
const FADE_AFTER = 4096;
/** Ends of prefixes that are weighed against each other. */
const CANDIDATES = 128;

export function hotPrefixes(mostRuns = MOST_RUNS): HotPrefixes {
  const runs = new Map<number, Run>();
  let seen = 0;

  function fade(): void {
    seen = 0;
    for (const [key, run] of runs) {
      run.count = Math.floor(run.count / 2);
      if (run.count === 0) runs.delete(key);
    }
  }

  return {
    saw(hashes, { ids, salt }) {
      seen += 1;
      while (runs.size > mostRuns - MOST_BLOCKS) fade();
      if (seen > FADE_AFTER) fade();
      let before: Run | undefined;
      for (let i = 0; i < Math.min(hashes.count, MOST_BLOCKS); i++) {
        const key = keyOf(hashes, i);
        const own = (): Int32Array => ids.slice(i * hashes.blockSize, (i + 1) * hashes.blockSize);
        const run: Run = runs.get(key) ?? { before, ids: own(), salt, count: 0 };
        run.count += 1;
        runs.set(key, run);
        before = run;
      }
    },
    hottest(count) {
      const ends = candidates([...runs.values()].filter((run) => run.count >= SHARED));
      const covered = new Set<Run>();
      const picked: HotPrefix[] = [];
      while (picked.length < count) {
        const best = mostSaving(ends, covered);
        if (best === undefined) break;
        for (const run of pathOf(best)) covered.add(run);
        picked.push({ ids: idsOf(best), salt: best.salt });
      }
      return picked;
    },
  };
}

/** 53 bits of the hash: as many as a number holds. */
function keyOf({ words }: BlockHashes, i: number): number {
  return ((words[2 * i + 1] ?? 0) & 0x1f_ffff) * 2 ** 32 + ((words[2 * i] ?? 0) >>> 0);
}

/** The last runs of shared prefixes; `shared` has each run after the one before it. */
function candidates(shared: readonly Run[]): readonly Run[] {
  const inner = new Set(shared.map(({ before }) => before));
  const sums = new Map<Run, number>();
  for (const run of shared) sums.set(run, run.count + ((run.before && sums.get(run.before)) ?? 0));
  const ends = shared.filter((run) => !inner.has(run));
  return ends.toSorted((a, b) => (sums.get(b) ?? 0) - (sums.get(a) ?? 0)).slice(0, CANDIDATES);
}

function mostSaving(ends: readonly Run[], covered: ReadonlySet<Run>): Run | undefined {
  let [best, most]: [Run | undefined, number] = [undefined, 0];
  for (const end of ends) {
    let saves = 0;
    for (let run: Run | undefined = end; run && !covered.has(run); run = run.before) saves += run.count;
    if (saves > most) [best, most] = [end, saves];
  }
  return best;
}

/** From the end to the beginning. */
function pathOf(end: Run): readonly Run[] {
  const path: Run[] = [];
  for (let run: Run | undefined = end; run; run = run.before) path.push(run);
  return path;
}

function idsOf(end: Run): Int32Array {
  return Int32Array.from(
    pathOf(end)
      .toReversed()
      .flatMap(({ ids }) => Array.from(ids)),
  );
}
