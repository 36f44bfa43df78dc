// How long KV takes from one engine to another: bytes over a link.

export interface KvLink {
  readonly bytesPerSecond: number;
  /** Once a transfer, before the first byte. */
  readonly latencyMs: number;
}

/** Rates that transfers reach, not the printed ones (µs per token of 327,680 bytes in simulation.md §7), set-up times from the same place. */
export const KV_LINKS = {
  nvlink: { bytesPerSecond: 655e9, latencyMs: 0.3 },
  ndr400: { bytesPerSecond: 41e9, latencyMs: 1 },
  roce200: { bytesPerSecond: 20.5e9, latencyMs: 1 },
  "100gbe": { bytesPerSecond: 10.2e9, latencyMs: 5 },
  "25gbe": { bytesPerSecond: 2.6e9, latencyMs: 5 },
} as const satisfies Record<string, KvLink>;

export type KvLinkName = keyof typeof KV_LINKS;

export function transferMs({ bytesPerSecond, latencyMs }: KvLink, bytes: number): number {
  return latencyMs + (1000 * bytes) / bytesPerSecond;
}
