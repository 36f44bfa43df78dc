// KEDA as vLLM's production stack sets it up: replicas = ⌈requests that wait ÷ threshold⌉ on Prometheus' last figures.
import type { ScaleRule, ScrapedWorker } from "./scale-rule.ts";

export interface QueueRuleOptions {
  /** waiting: `vllm:num_requests_waiting`; inFlight: and `vllm:num_requests_running` (llm-d's HPA guide). */
  readonly metric: "waiting" | "inFlight";
  readonly threshold: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/** docs/source/use_cases/autoscaling-keda.rst of vllm-project/production-stack: threshold 5, polled every 15 s. */
const POLL_MS = 15_000;
/** The horizontal pod autoscaler's defaults: it takes the most that was wanted in 300 s, and leaves ratios within 10 % alone. */
const STABILISATION_MS = 300_000;
const TOLERANCE = 0.1;

export function queueRule({ metric, threshold, minReplicas, maxReplicas }: QueueRuleOptions): ScaleRule {
  let wishes: { readonly at: number; readonly replicas: number }[] = [];

  return {
    intervalMs: POLL_MS,
    decide({ workers }, now) {
      const present = workers.filter(({ state }) => state !== "draining");
      const queue = present.reduce((sum, one) => sum + of(one), 0);
      const ratio = queue / (threshold * Math.max(1, present.length));
      const asked = Math.abs(ratio - 1) <= TOLERANCE ? present.length : Math.ceil(queue / threshold);
      const replicas = Math.min(maxReplicas, Math.max(minReplicas, asked));
      wishes = [...wishes.filter(({ at }) => now - at <= STABILISATION_MS), { at: now, replicas }];
      const most = Math.max(...wishes.map((one) => one.replicas));
      return { target: replicas >= present.length ? replicas : Math.min(present.length, most) };
    },
  };

  function of({ waiting, running }: ScrapedWorker): number {
    return metric === "waiting" ? waiting : waiting + running;
  }
}
