// TTFT of both arms and the candidate's share over time, for the report's plots: bounded, whatever the length of a plan.
import { percentileOf, type Random } from "../../core/index.ts";
import type { LegOutcome } from "../rollback/leg-outcome.ts";
import type { SeriesPoint } from "../status.ts";

export interface ArmSeries {
  note(leg: LegOutcome): void;
  points(): readonly SeriesPoint[];
}

export interface ArmSeriesOptions {
  readonly random: Random;
  /** Width of the first buckets; doubles when there are too many. */
  readonly widthMs?: number;
  readonly maxBuckets?: number;
  /** TTFTs kept of an arm in a bucket, drawn evenly from all of them. */
  readonly kept?: number;
}

interface Bucket {
  at: number;
  readonly legacy: Sample;
  readonly candidate: Sample;
}

interface Sample {
  legs: number;
  ttfts: number;
  values: number[];
}

export function armSeries({ random, widthMs = 1000, maxBuckets = 300, kept = 500 }: ArmSeriesOptions): ArmSeries {
  let width = widthMs;
  let buckets: Bucket[] = [];

  function bucketAt(time: number): Bucket {
    const at = Math.floor(time / width) * width;
    const last = buckets.at(-1);
    // Legs end in order of time but for a jump of the clock, which may not add buckets behind the last.
    if (last !== undefined && last.at >= at) return last;
    const bucket = { at, legacy: emptySample(), candidate: emptySample() };
    buckets.push(bucket);
    if (buckets.length > maxBuckets) widen();
    return buckets.at(-1) ?? bucket;
  }

  function widen(): void {
    width *= 2;
    const merged: Bucket[] = [];
    for (const bucket of buckets) {
      const at = Math.floor(bucket.at / width) * width;
      const last = merged.at(-1);
      if (last === undefined || last.at !== at) merged.push({ ...bucket, at });
      else for (const arm of ["legacy", "candidate"] as const) join(last[arm], bucket[arm]);
    }
    buckets = merged;
  }

  /** Reservoirs of unequal size join by their share of the requests. */
  function join(into: Sample, from: Sample): void {
    const total = into.ttfts + from.ttfts;
    const room = Math.min(kept, into.values.length + from.values.length);
    const own = total === 0 ? 0 : Math.round((room * into.ttfts) / total);
    into.values = [...into.values.slice(0, own), ...from.values.slice(0, room - own)];
    into.legs += from.legs;
    into.ttfts = total;
  }

  function keep(sample: Sample, ttftMs: number): void {
    sample.ttfts++;
    if (sample.values.length < kept) return void sample.values.push(ttftMs);
    const place = random.int(sample.ttfts);
    if (place < kept) sample.values[place] = ttftMs;
  }

  return {
    note({ arm, at, ttftMs }) {
      const sample = bucketAt(at)[arm];
      sample.legs++;
      if (ttftMs !== undefined) keep(sample, ttftMs);
    },
    points: () => buckets.map(pointOf),
  };
}

function emptySample(): Sample {
  return { legs: 0, ttfts: 0, values: [] };
}

function pointOf({ at, legacy, candidate }: Bucket): SeriesPoint {
  const [before, after] = [p99Of(legacy), p99Of(candidate)];
  return {
    at,
    share: candidate.legs / (legacy.legs + candidate.legs),
    ...(before === undefined ? {} : { legacyTtftP99Ms: before }),
    ...(after === undefined ? {} : { candidateTtftP99Ms: after }),
  };
}

function p99Of({ values }: Sample): number | undefined {
  return values.length === 0 ? undefined : percentileOf(values, 99);
}
