// For what serves no bytes to the client (index, metrics, receipts): its defect is logged, and the request goes on.
import { toError } from "../core/index.ts";
import type { Log } from "../telemetry/index.ts";

/** The result of `run`; undefined when it throws. */
export function unfailing<T>(log: Log, what: string, run: () => T): T | undefined {
  try {
    return run();
  } catch (thrown) {
    log.error({ what, error: toError(thrown).stack }, "defect");
    return undefined;
  }
}
