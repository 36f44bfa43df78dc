// Where a worker publishes its KV events, from what it answers at /kv_event_sources.
import { SwitchgearError } from "../core/index.ts";

/** As the worker states it, one a data-parallel rank. */
export interface KvEventSourceReply {
  readonly rank: number;
  readonly endpoint: string;
  readonly replayEndpoint: string | undefined;
  readonly topic: string;
}

/** Throws SWG_KV_EVENT_INVALID. Ranks whose events are off, or not over ZMQ, are left out: an empty list means no events. */
export function parseKvEventSources(body: string): KvEventSourceReply[] {
  const reply = parseObject(body);
  const sources: KvEventSourceReply[] = [];
  for (const [rank, value] of Object.entries(reply)) {
    const source = sourceOf(rank, value);
    if (source !== undefined) sources.push(source);
  }
  return sources.sort((a, b) => a.rank - b.rank);
}

function parseObject(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw invalid("the reply of /kv_event_sources is not JSON", body.slice(0, 80), cause);
  }
  if (!isObject(value)) throw invalid("the reply of /kv_event_sources is not an object", body.slice(0, 80));
  return value;
}

function sourceOf(rank: string, value: unknown): KvEventSourceReply | undefined {
  if (!/^\d+$/.test(rank) || !isObject(value)) return undefined;
  const { enable_kv_cache_events: enabled, publisher, endpoint, replay_endpoint: replay, topic } = value;
  if (enabled !== true || publisher !== "zmq" || typeof endpoint !== "string") return undefined;
  return {
    rank: Number(rank),
    endpoint,
    replayEndpoint: typeof replay === "string" && replay !== "" ? replay : undefined,
    topic: typeof topic === "string" ? topic : "",
  };
}

const ANY_HOST = new Set(["*", "0.0.0.0", "::", "[::]"]);
const ADDRESS = /^tcp:\/\/(\*|\[[0-9a-fA-F:.]+\]|::|[A-Za-z0-9._-]+):(\d{1,5})$/;

/**
 * The address to connect to. A worker must not make the gateway connect elsewhere: it has only `tcp://…:port` and its own
 * host; any other host it names is replaced by the host we reach it at, and `ipc://` counts only for a worker on this machine.
 */
export function connectableAddress(endpoint: string, workerHost: string): string {
  if (endpoint.startsWith("ipc://")) {
    if (isLoopback(workerHost) && endpoint.length > 6) return endpoint;
    throw invalid("an ipc address of a worker that is not on this machine", endpoint);
  }
  const match = ADDRESS.exec(endpoint);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65535) throw invalid("not a ZMQ address to connect to", endpoint);
  const host = match[1] ?? "*";
  if (!ANY_HOST.has(host) && !isLoopback(host) && bare(host) !== bare(workerHost)) {
    throw invalid(`a KV event address on another host than the worker's (${workerHost})`, endpoint);
  }
  return `tcp://${workerHost.includes(":") ? `[${bare(workerHost)}]` : workerHost}:${port}`;
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "").toLowerCase();
}

function isLoopback(host: string): boolean {
  const name = bare(host);
  return name === "localhost" || name === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(message: string, value: string, cause?: unknown): SwitchgearError {
  return new SwitchgearError("SWG_KV_EVENT_INVALID", message, {
    value,
    expected: "tcp://host:port, or tcp://*:port",
    cause,
  });
}
