// Operations that do nothing: an engine without metrics, events and faults, for tests of the HTTP surface alone.
import type { EngineOps } from "../ops/engine-ops.ts";

export function idleOps(): EngineOps {
  return {
    state: "ready",
    handle: (_request, _response, next) => next(),
    attach: () => undefined,
    arrived: () => undefined,
    aborted: () => undefined,
    shutdown: () => undefined,
    kvEventSources: () => ({}),
    load: () => 0,
    close: () => Promise.resolve(),
  };
}
