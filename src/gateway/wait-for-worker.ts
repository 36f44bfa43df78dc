// The wait of a request that no worker may serve now.
import type { ExchangeParts } from "./exchange-parts.ts";
import type { Wait, WaitParts } from "./worker-queue.ts";

/** Undefined when too many wait. Timed from the start of the request, also for one that was woken in vain. */
export function waitForWorker(
  { accepted, record, context }: ExchangeParts,
  calls: Pick<WaitParts, "onReady" | "onTimeout">,
): Wait | undefined {
  const { name, limits } = accepted.model;
  const from = record.readAt ?? record.arrivedAt;
  return context.queue.wait({
    model: name,
    limit: limits.queueLength,
    timeoutMs: Math.max(0, from + limits.queueTimeoutMs - context.options.clock.now()),
    ...calls,
  });
}
