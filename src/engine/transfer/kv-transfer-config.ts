// vLLM's --kv-transfer-config, as far as a simulated engine does what it says.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { KV_LINKS, type KvLink } from "../../model/index.ts";
import type { KvRole, LoadFailurePolicy } from "../core/kv-transfer.ts";
import { schemaError, schemaIssues } from "../ops/schema-issues.ts";

const CONNECTORS = { NixlConnector: "nixl", NixlPullConnector: "nixl", MooncakeConnector: "mooncake" } as const;

const connectors = Object.keys(CONNECTORS) as (keyof typeof CONNECTORS)[];
const links = Object.keys(KV_LINKS) as (keyof typeof KV_LINKS)[];

const linkSchema = z.union([
  z.enum(links),
  z.strictObject({ bytes_per_second: z.number().gt(0), latency_ms: z.number().min(0) }),
]);

/** Fields of real transports, such as kv_buffer_device, are taken and mean nothing here. */
const configSchema = z.looseObject({
  kv_connector: z.enum(connectors, { message: `one of ${connectors.join(", ")}` }),
  kv_role: z.enum(["kv_producer", "kv_consumer", "kv_both"]),
  engine_id: z.string().min(1).nullish(),
  kv_load_failure_policy: z.enum(["fail", "recompute"]).default("fail"),
  kv_connector_extra_config: z
    .looseObject({
      kv_lease_duration: z.number().gt(0).default(30),
      simulated_link: linkSchema.default("ndr400"),
    })
    .prefault({}),
});

export interface KvTransferConfig {
  readonly connector: "nixl" | "mooncake";
  readonly role: KvRole;
  readonly engineId: string;
  readonly loadFailure: LoadFailurePolicy;
  /** How long a finished prefill leg's blocks are kept for somebody who does not ask. */
  readonly leaseMs: number;
  /** What the transfer time is computed with. */
  readonly link: KvLink;
}

/** Throws SWG_KV_TRANSFER_INVALID with everything that is wrong. */
export function parseKvTransferConfig(text: string, where = "--kv-transfer-config"): KvTransferConfig {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    throw schemaError("SWG_KV_TRANSFER_INVALID", where, [
      { path: "(top level)", value: text, expected: `JSON; ${String(cause)}` },
    ]);
  }
  const result = configSchema.safeParse(input);
  if (!result.success) throw schemaError("SWG_KV_TRANSFER_INVALID", where, schemaIssues(result.error.issues, input));
  const { data } = result;
  const { kv_lease_duration: leaseSeconds, simulated_link: link } = data.kv_connector_extra_config;
  return {
    connector: CONNECTORS[data.kv_connector],
    role: data.kv_role,
    engineId: data.engine_id ?? randomUUID(),
    loadFailure: data.kv_load_failure_policy,
    leaseMs: leaseSeconds * 1000,
    link: typeof link === "string" ? KV_LINKS[link] : linkOf(link),
  };
}

function linkOf({ bytes_per_second, latency_ms }: { bytes_per_second: number; latency_ms: number }): KvLink {
  return { bytesPerSecond: bytes_per_second, latencyMs: latency_ms };
}
