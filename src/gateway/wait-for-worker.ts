// The wait of a request that no worker may serve now.
import type { ExchangeParts } from "./exchange-parts.ts";
import { noWorker } from "./failures.ts";
import { lostFor } from "./models/lost-holders.ts";
import type { Refusal } from "./refusal.ts";
import type { Wait } from "./worker-queue.ts";

/** Undefined when too many wait: it is refused then. Timed from the start of the request, also for one that was woken in vain. */
export function waitForWorker(
  parts: ExchangeParts,
  host: { start(): void; refuse(refused: Refusal): void },
): Wait | undefined {
  const { accepted, record, context } = parts;
  const { name, limits } = accepted.model;
  let isWaiting = true;
  const over = (then: () => void) => () => {
    if (!isWaiting) return;
    isWaiting = false;
    then();
  };
  const from = record.readAt ?? record.arrivedAt;
  const refused = over(() => host.refuse(noWorker(name)));
  let wait: Wait | undefined;
  context.adapters.want({ model: name, adapter: accepted.adapter, lost: lostFor(parts) }, (why) =>
    over(() => {
      wait?.cancel();
      host.refuse(why);
    })(),
  );
  if (!isWaiting) return undefined;
  wait = context.queue.wait({
    model: name,
    limit: limits.queueLength,
    timeoutMs: Math.max(0, from + limits.queueTimeoutMs - context.options.clock.now()),
    onReady: over(() => host.start()),
    onTimeout: refused,
  });
  if (wait === undefined) refused();
  return wait && { cancel: over(() => wait?.cancel()) };
}
