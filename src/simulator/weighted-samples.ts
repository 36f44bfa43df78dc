// Samples that each stand for many equal ones: a step time is the gap of every token in the step.
import type { Distribution } from "../workload/index.ts";

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

export function weightedSamples(): WeightedSamples {
  let packed = new Float64Array(1024);
  let length = 0;

  function grow(): void {
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
      const sorted = packed.slice(0, length).sort();
      const ends = new Float64Array(length);
      let count = 0;
      let sum = 0;
      for (let i = 0; i < length; i++) {
        float[0] = sorted[i] ?? 0;
        const weight = (words[LOW] ?? 0) & WEIGHT_MASK;
        count += weight;
        sum += weight * (sorted[i] ?? 0);
        ends[i] = count;
      }
      const at = (percent: number): number => between(sorted, ends, ((count - 1) * percent) / 100);
      return {
        count,
        mean: sum / count,
        p50: at(50),
        p75: at(75),
        p90: at(90),
        p95: at(95),
        p99: at(99),
        p999: at(99.9),
        max: at(100),
      };
    },
  };
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
