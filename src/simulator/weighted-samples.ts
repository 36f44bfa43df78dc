// Samples that each stand for many equal ones: a step time is the gap of every token in the step.
import type { Distribution } from "../workload/index.ts";

export interface WeightedSamples {
  add(value: number, weight: number): void;
  /** As if every sample were listed `weight` times: linear between neighbours. */
  distribution(): Distribution;
}

export function weightedSamples(): WeightedSamples {
  let values = new Float64Array(1024);
  let weights = new Float64Array(1024);
  let length = 0;

  function grow(): void {
    const [largerValues, largerWeights] = [new Float64Array(2 * length), new Float64Array(2 * length)];
    largerValues.set(values);
    largerWeights.set(weights);
    [values, weights] = [largerValues, largerWeights];
  }

  return {
    add(value, weight) {
      if (weight <= 0) return;
      if (length === values.length) grow();
      values[length] = value;
      weights[length++] = weight;
    },
    distribution() {
      const order = Uint32Array.from({ length }, (_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
      const sorted = Float64Array.from(order, (i) => values[i] ?? 0);
      const ends = new Float64Array(length);
      let count = 0;
      let sum = 0;
      for (let i = 0; i < length; i++) {
        const weight = weights[order[i] ?? 0] ?? 0;
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
