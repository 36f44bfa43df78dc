// kv_transfer_params of requests and answers, field by field as vLLM 0.32 writes them.

/** A prefill leg: what it computes is kept for somebody else. */
export interface KeepWish {
  readonly kind: "keep";
  /** Mooncake's transfer id; NIXL names the request itself. */
  readonly name: string | undefined;
}

/** A decode leg: its prompt is there already. */
export interface PullWish {
  readonly kind: "pull";
  readonly name: string;
  readonly engineId: string;
  readonly host: string;
  readonly port: number;
  /** What the prefill leg found in its cache: the usage that the client sees. */
  readonly cachedTokens: number;
  readonly tokens: number | undefined;
}

export type TransferWish = KeepWish | PullWish;

/** Undefined when nothing is asked, or not in a way that NIXL understands: the prompt is then computed, silently. */
export function nixlWish(params: unknown): TransferWish | undefined {
  if (!isObject(params)) return undefined;
  if (params["do_remote_decode"] === true) return { kind: "keep", name: undefined };
  if (params["do_remote_prefill"] !== true) return undefined;
  const { remote_engine_id: engineId, remote_request_id: name, remote_host: host, remote_port: port } = params;
  const isWhole = [engineId, name, host].every((one) => typeof one === "string") && typeof port === "number";
  if (!isWhole || !Array.isArray(params["remote_block_ids"])) return undefined;
  return {
    kind: "pull",
    name: String(name),
    engineId: String(engineId),
    host: String(host),
    port: Number(port),
    cachedTokens: numberAt(params, "remote_prefill_cached_tokens") ?? 0,
    tokens: numberAt(params, "remote_num_tokens"),
  };
}

/** Its port is the bootstrap server's, which tells where the engine is. */
export function mooncakeWish(params: unknown): TransferWish | undefined {
  if (!isObject(params)) return undefined;
  const { transfer_id: name, remote_engine_id: engineId, remote_bootstrap_addr: bootstrap } = params;
  if (typeof name !== "string") return undefined;
  if (params["do_remote_decode"] === true) return { kind: "keep", name };
  if (params["do_remote_prefill"] !== true || typeof engineId !== "string") return undefined;
  const address = typeof bootstrap === "string" && URL.canParse(bootstrap) ? new URL(bootstrap) : undefined;
  if (address === undefined) return undefined;
  const { hostname: host } = address;
  return { kind: "pull", name, engineId, host, port: Number(address.port), cachedTokens: 0, tokens: undefined };
}

export interface KeptPrompt {
  readonly name: string;
  readonly engineId: string;
  readonly host: string;
  readonly port: number;
  readonly blocks: readonly number[];
  readonly tokens: number;
  readonly cachedTokens: number;
}

export function nixlAnswer(kept: KeptPrompt): object {
  return {
    do_remote_prefill: true,
    do_remote_decode: false,
    remote_block_ids: [kept.blocks],
    remote_engine_id: kept.engineId,
    remote_request_id: kept.name,
    remote_host: kept.host,
    remote_port: kept.port,
    tp_size: 1,
    dcp_size: 1,
    pp_size: 1,
    remote_num_tokens: kept.tokens,
    remote_blocks_expiry_time: null,
    transfer_mode: "pull",
    remote_prefill_cached_tokens: kept.cachedTokens,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberAt(params: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = params[name];
  return typeof value === "number" && value >= 0 ? value : undefined;
}
