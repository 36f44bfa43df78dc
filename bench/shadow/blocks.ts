// Alternating blocks of load on one gateway: with its candidate misbehaving under 100 % shadow, and on one without a plan.
import type { HelperProcess } from "../lib/helper-process.ts";
import type { LoadJob, LoadResult } from "../proxy/load-client.ts";

export interface Block {
  readonly plainP99Ms: number;
  readonly shadowedP99Ms: number;
  readonly lost: number;
}

export interface BlockOptions {
  readonly load: HelperProcess;
  readonly plain: number;
  readonly shadowed: number;
  readonly seconds: number;
  /** Of load before each side that is not measured. */
  readonly lead: number;
  readonly perSecond: number;
}

/** Which side goes first alternates, so that a drift of the machine favours neither. */
export async function block(options: BlockOptions, number: number): Promise<Block> {
  const sides = number % 2 === 0 ? (["plain", "shadowed"] as const) : (["shadowed", "plain"] as const);
  const found: Partial<Record<"plain" | "shadowed", LoadResult>> = {};
  for (const side of sides) {
    await options.load.ask<LoadResult>(jobOf({ ...options, seconds: options.lead }, side, number));
    found[side] = await options.load.ask<LoadResult>(jobOf(options, side, number));
  }
  const { plain, shadowed } = found;
  if (plain === undefined || shadowed === undefined) throw new Error("a side of the block is missing");
  return { plainP99Ms: plain.p99Ms, shadowedP99Ms: shadowed.p99Ms, lost: lostOf(plain) + lostOf(shadowed) };
}

function jobOf(options: BlockOptions, side: "plain" | "shadowed", number: number): LoadJob {
  const { seconds, perSecond } = options;
  return {
    port: options[side],
    prompt: { bytes: 1000, unique: false, stream: false },
    connections: 64,
    salt: `block ${number}`,
    pace: { kind: "rate", perSecond, seconds },
  };
}

function lostOf({ failures }: LoadResult): number {
  return Object.values(failures).reduce((a, b) => a + b, 0);
}
