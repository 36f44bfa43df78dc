// How a model whose workers have roles is served.
import type { PairRule } from "../../routing/index.ts";

export interface DisaggregationSettings {
  readonly connector: "nixl" | "mooncake";
  readonly rule: PairRule;
  /** Its name in receipts. */
  readonly ruleName: string;
  /** When a request cannot be split: one worker, or a refusal. */
  readonly fallback: "colocated" | "fail";
  /** Predicted, between a prefill and a decode worker. */
  readonly transferMs: (tokens: number) => number;
  /** How long a prefill worker keeps what it computed. */
  readonly leaseMs: number;
  /** Longest wait for a prefill leg. */
  readonly prefillTimeoutMs: number;
  /** Mooncake's bootstrap servers, on the prefill workers' hosts. */
  readonly bootstrapPort: number;
}
