// What a client says about the identity and urgency of its request.
import { badValue } from "./api-error.ts";
import type { EngineContext } from "./engine-context.ts";
import { type Exchange, header } from "./exchange.ts";
import type { SamplingRequest } from "./sampling.ts";

/** The header wins over the body. */
export function requestIdOf(exchange: Exchange, sampling: Pick<SamplingRequest, "requestId">): string | undefined {
  return header(exchange.request, "x-request-id") ?? sampling.requestId;
}

/** X-Vllm-Priority overrides the body. */
export function priorityOf(context: EngineContext, exchange: Exchange, sampling: SamplingRequest): number {
  const asked = header(exchange.request, "x-vllm-priority");
  const priority = asked === undefined ? sampling.priority : Math.trunc(Number(asked));
  if (Number.isNaN(priority)) throw badValue(`X-Vllm-Priority must be an integer, got ${String(asked)}.`);
  if (priority !== 0 && context.options.schedulingPolicy !== "priority")
    throw badValue(`Got priority ${priority} but priority scheduling is not enabled.`);
  return priority;
}
