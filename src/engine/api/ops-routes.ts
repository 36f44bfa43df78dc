// The small operational routes: health, ping, version, load.
import type { EngineContext } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";

/** The release whose behaviour is simulated. */
export const VLLM_VERSION = "0.32.0";

export function health(_context: EngineContext, exchange: Exchange): void {
  exchange.reply.text(200, "", undefined);
}

export function version(_context: EngineContext, exchange: Exchange): void {
  exchange.reply.json(200, JSON.stringify({ version: VLLM_VERSION }));
}

/** Counts only when load tracking is on, as in vLLM. */
export function load(context: EngineContext, exchange: Exchange): void {
  const server_load = context.options.serverLoadTracking ? context.ops.load() : 0;
  exchange.reply.json(200, JSON.stringify({ server_load }));
}

export function kvEventSources(context: EngineContext, exchange: Exchange): void {
  exchange.reply.json(200, JSON.stringify(context.ops.kvEventSources()));
}

/** The operational side answers /metrics before the API is asked; this is the page of an engine without it. */
export function noMetrics(_context: EngineContext, exchange: Exchange): void {
  exchange.reply.text(200, "", "text/plain; version=1.0.0; charset=utf-8");
}
