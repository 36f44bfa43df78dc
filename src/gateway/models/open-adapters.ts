// The adapters of a gateway, with the loader that speaks to its workers.
import type { GatewayOptions } from "../options.ts";
import type { UpstreamPools } from "../upstream-pools.ts";
import { adapterLoader } from "./adapter-loader.ts";
import { type Adapters, adapters } from "./adapters.ts";
import { askWorker } from "./ask-worker.ts";
import { NO_NAMES } from "./model-names.ts";

export function openAdapters(
  { fleet, clock, log, metrics, names = NO_NAMES }: GatewayOptions,
  pools: UpstreamPools,
): Adapters {
  const loader = adapterLoader({ fleet, clock, log, metrics, ask: askWorker(pools) });
  return adapters({ fleet, names, loader });
}
