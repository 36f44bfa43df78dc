// Samples that each stand for many equal ones: a step time is the gap of every token in the step.
import { type Distribution, distributionOf } from "../workload/offline.ts";

export interface WeightedSamples {
  /** `weight` is a whole number below 4,096. */
  add(value: number, weight: number): void;
  /** As if every sample were listed `weight` times: linear between neighbours. */
  distribution(): Distribution;
}

/** The weight lives in the value's last 12 bits (a relative error of 10⁻¹²), so that one plain sort orders both. */
const WEIGHT_MASK = 0xfff;
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
float[0] = 1;
const LOW = words[0] === 0 ? 0 : 1;
const HIGH = 1 - LOW;

/** So many are kept one by one; more are counted in buckets of 2⁻¹⁶ of their value, so that memory has an end. */
const KEPT = 1 << 22;
/** Bits of the high word that a bucket leaves out; the first bucket begins at 2⁻¹⁰ and the last one ends at 2³⁰. */
const BUCKET_SHIFT = 4;
const FIRST_BUCKET = ((1023 - 10) << 20) >> BUCKET_SHIFT;
const BUCKETS = (40 << 20) >> BUCKET_SHIFT;

export function weightedSamples(kept = KEPT): WeightedSamples {
  let packed = new Float64Array(Math.min(1024, kept));
  let length = 0;
  /** Once there are too many. */
  let buckets: Float64Array | undefined;
  let bucketed = 0;

  /** What is kept goes into the buckets. */
  function fold(): void {
    buckets ??= new Float64Array(BUCKETS);
    for (let i = 0; i < length; i++) {
      const value = packed[i] ?? 0;
      float[0] = value;
      const weight = (words[LOW] ?? 0) & WEIGHT_MASK;
      const bucket = Math.min(BUCKETS - 1, Math.max(0, ((words[HIGH] ?? 0) >> BUCKET_SHIFT) - FIRST_BUCKET));
      buckets[bucket] = (buckets[bucket] ?? 0) + weight;
      bucketed += weight * value;
    }
    length = 0;
  }

  function grow(): void {
    if (length >= kept) return fold();
    const larger = new Float64Array(2 * length);
    larger.set(packed);
    packed = larger;
  }

  return {
    add(value, weight) {
      if (weight <= 0) return;
      if (length === packed.length) grow();
      float[0] = value;
      words[LOW] = ((words[LOW] ?? 0) & ~WEIGHT_MASK) | Math.min(weight, WEIGHT_MASK);
      packed[length++] = float[0] ?? 0;
    },
    distribution() {
      if (buckets !== undefined) fold();
      const { sorted, ends, sum } =
        buckets === undefined ? inOrder(packed.slice(0, length)) : ofBuckets(buckets, bucketed);
      const count = ends.at(-1) ?? 0;
      return distributionOf({
        count,
        sum,
        at: (percent) => between(sorted, ends, ((count - 1) * percent) / 100),
      });
    },
  };
}

interface Ordered {
  readonly sorted: Float64Array;
  readonly ends: Float64Array;
  readonly sum: number;
}

function inOrder(sorted: Float64Array): Ordered {
  sorted.sort();
  const ends = new Float64Array(sorted.length);
  let [count, sum] = [0, 0];
  for (let i = 0; i < sorted.length; i++) {
    float[0] = sorted[i] ?? 0;
    const weight = (words[LOW] ?? 0) & WEIGHT_MASK;
    count += weight;
    sum += weight * (sorted[i] ?? 0);
    ends[i] = count;
  }
  return { sorted, ends, sum };
}

/** A bucket stands for its middle; `sum` is exact. */
function ofBuckets(buckets: Float64Array, sum: number): Ordered {
  const used = buckets.reduce((more, weight) => more + (weight > 0 ? 1 : 0), 0);
  const sorted = new Float64Array(used);
  const ends = new Float64Array(used);
  let [at, count] = [0, 0];
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const weight = buckets[bucket] ?? 0;
    if (weight === 0) continue;
    words[LOW] = 0;
    words[HIGH] = ((bucket + FIRST_BUCKET) << BUCKET_SHIFT) + (1 << (BUCKET_SHIFT - 1));
    count += weight;
    sorted[at] = float[0] ?? 0;
    ends[at++] = count;
  }
  return { sorted, ends, sum };
}

/** `ends[i]` = samples up to and with value i. */
function between(sorted: Float64Array, ends: Float64Array, rank: number): number {
  const low = Math.floor(rank);
  const a = valueOf(sorted, ends, low);
  const b = valueOf(sorted, ends, Math.min(low + 1, (ends.at(-1) ?? 1) - 1));
  return a + (b - a) * (rank - low);
}

function valueOf(sorted: Float64Array, ends: Float64Array, index: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] ?? 0) > index) high = middle;
    else low = middle + 1;
  }
  return sorted[low] ?? Number.NaN;
}
