// Puts the operational side of one engine together.
import type { Clock } from "../../core/index.ts";
import type { KvEventEncoding } from "../../vllm/index.ts";
import type { CacheFacts } from "./cache-config.ts";
import { engineMetrics, type TransferSource } from "./engine-metrics.ts";
import type { EngineHandle, EngineOps } from "./engine-ops.ts";
import { faultInjector } from "./fault-injector.ts";
import { type FaultSpec, NO_FAULTS } from "./fault-spec.ts";
import { startKvEventPublisher } from "./kv-event-publisher.ts";
import { kvEventStream } from "./kv-event-stream.ts";
import { type KvEventsConfig, kvEventSource } from "./kv-events-config.ts";
import { createLifecycle } from "./lifecycle.ts";
import { openRequests } from "./open-requests.ts";
import { requestFront } from "./request-front.ts";
import { serverPort } from "./server-port.ts";

export interface EngineOpsOptions {
  readonly clock: Clock;
  readonly engine: EngineHandle;
  /** The name in the label model_name: the first served name. */
  readonly model: string;
  readonly cache: CacheFacts;
  /** Simulated seconds per real second. */
  readonly speed: number;
  readonly kvEvents?: KvEventsConfig | undefined;
  /** Default `map`, as vLLM since 0.24. */
  readonly kvEventEncoding?: KvEventEncoding | undefined;
  /** Default `int`; `bytes` is VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=0. */
  readonly kvEventHashes?: "int" | "bytes" | undefined;
  /** In force from the start. */
  readonly faults?: FaultSpec | undefined;
  /** Undefined without a connector. */
  readonly transfers?: TransferSource | undefined;
  /** `--max-loras`; undefined without LoRA. */
  readonly maxLoras?: number | undefined;
  /** vLLM's --shutdown-timeout; default 0. */
  readonly shutdownTimeoutMs?: number | undefined;
  /** Ends the hang that follows SIGTERM; vLLM has no such limit, and neither has the default. */
  readonly hangLimitMs?: number | undefined;
  /** From the death of the engine to the end of its HTTP server; default 1 s. */
  readonly deathExitMs?: number | undefined;
  /** The process shall end: 0 after a shutdown, 1 after the engine's death, 137 after a crash. Sockets are closed. */
  exit(code: number): void;
}

/** Throws SWG_PORT_IN_USE when a KV-event endpoint is taken. */
export async function startEngineOps(options: EngineOpsOptions): Promise<EngineOps> {
  const { clock, engine } = options;
  const port = serverPort(clock);
  const open = openRequests();
  const publisher = options.kvEvents?.enabled ? await startKvEventPublisher(options.kvEvents) : undefined;
  const lifecycle = createLifecycle({
    clock,
    engine,
    port,
    open,
    shutdownTimeoutMs: options.shutdownTimeoutMs ?? 0,
    hangLimitMs: options.hangLimitMs,
    deathExitMs: options.deathExitMs ?? 1000,
    exit(code) {
      publisher?.close();
      options.exit(code);
    },
  });
  const faults = faultInjector(clock, lifecycle);
  const metrics = engineMetrics({
    clock,
    model: options.model,
    cache: options.cache,
    speed: options.speed,
    stats: () => engine.stats(),
    transfers: options.transfers,
    maxLoras: options.maxLoras,
    blockSize: () => faults.spec.metricsBlockSize ?? options.cache.blockSize,
  });
  const { kvEventEncoding: encoding = "map", kvEventHashes: hashes = "int" } = options;
  const publish = publisher && kvEventStream({ clock, faults, publisher, encoding, hashes });
  engine.onStep((step) => {
    metrics.step(step);
    publish?.(step.events);
  });
  const handle = requestFront({ clock, lifecycle, faults, metrics, open, kvEventSources });
  faults.set(options.faults ?? NO_FAULTS);

  return {
    get state() {
      return lifecycle.state;
    },
    handle,
    attach: (server) => port.attach(server),
    arrived: (arrival) => metrics.arrived(arrival),
    aborted: (id, finish) => metrics.aborted(id, finish),
    shutdown: () => lifecycle.shutdown(),
    kvEventSources,
    load: () => open.size,
    close() {
      faults.close();
      lifecycle.close();
      publisher?.close();
      return Promise.resolve();
    },
  };

  function kvEventSources(): Record<string, unknown> {
    const config = options.kvEvents;
    if (!config) return {};
    return { "0": kvEventSource(config, publisher?.bound ?? config) };
  }
}
