// Workers by what they may do of a request, and which of them may be paired.
import type { Worker } from "../../fleet/index.ts";

export interface RolePools {
  readonly prefill: readonly Worker[];
  readonly decode: readonly Worker[];
  /** A decode worker is a whole vLLM: it serves a request alone. */
  readonly whole: readonly Worker[];
}

export function poolsOf(workers: readonly Worker[]): RolePools {
  const but = (role: Worker["role"]): readonly Worker[] => workers.filter((one) => one.role !== role);
  return { prefill: but("decode"), decode: but("prefill"), whole: but("prefill") };
}

/** Workers for a whole request: prefill workers only when there are no others. */
export function wholeWorkers(workers: readonly Worker[]): readonly Worker[] {
  const whole = workers.filter((one) => one.role !== "prefill");
  return whole.length > 0 ? whole : workers;
}

/** Names in the deployment, and on pods of a DisaggregatedSet, for what is rolled out together. */
const REVISION_LABELS = ["revision", "disaggregatedset.x-k8s.io/revision"];

/** NIXL's handshake refuses another version, and workers of another revision may have another layout; a worker has no pair in itself. */
export function mayPair(prefill: Worker, decode: Worker): boolean {
  if (prefill.id === decode.id || prefill.facts.version !== decode.facts.version) return false;
  return REVISION_LABELS.every((name) => prefill.labels[name] === decode.labels[name]);
}
