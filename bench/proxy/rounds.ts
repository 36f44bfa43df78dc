// Interleaved rounds: in each round every cell is put to every contender in turn, so that figures of one round compare.
import { setTimeout as delay } from "node:timers/promises";
import type { HelperProcess } from "../lib/helper-process.ts";
import { cpuSeconds, residentMegabytes } from "../lib/process-usage.ts";
import type { Cell, CellName } from "./cells.ts";
import type { RunningProxy } from "./contender.ts";
import type { LoadJob, LoadResult } from "./load-client.ts";

export interface Entrant {
  readonly name: string;
  readonly proxy: RunningProxy;
}

export interface Sample {
  /** CPU of the process tree per request, per chunk for streams; 0 for direct. */
  readonly cpuMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  readonly failures: Readonly<Record<string, number>>;
}

/** One sample a round. */
export type Samples = Readonly<Record<CellName, readonly Sample[]>>;

export interface ContenderResult {
  readonly name: string;
  readonly residentIdleMb: number | undefined;
  readonly residentAfterMb: number | undefined;
  readonly samples: Samples;
}

export interface RoundsOptions {
  readonly entrants: readonly Entrant[];
  readonly cells: readonly Cell[];
  readonly client: HelperProcess;
  readonly rounds: number;
  readonly warmUpSeconds: number;
  readonly progress: (text: string) => void;
}

/** Probes and first requests are over by then. */
const SETTLE_MS = 2000;

export async function runRounds(options: RoundsOptions): Promise<ContenderResult[]> {
  const { entrants, cells, client, rounds, progress } = options;
  await delay(SETTLE_MS);
  const idle = entrants.map(resident);
  await warmUp(options);
  const samples = entrants.map(() => new Map<CellName, Sample[]>());
  for (let round = 0; round < rounds; round++) {
    for (const [c, cell] of cells.entries()) {
      progress(`round ${round + 1} of ${rounds}: ${cell.name}`);
      for (const e of order(entrants.length, round + c)) {
        const entrant = entrants[e];
        if (entrant === undefined) continue;
        const sample = await measure(client, { entrant, cell, salt: `${round} ${c} ${e}` });
        samples[e]?.set(cell.name, [...(samples[e]?.get(cell.name) ?? []), sample]);
      }
    }
  }
  return entrants.map((entrant, e) => ({
    name: entrant.name,
    residentIdleMb: idle[e],
    residentAfterMb: resident(entrant),
    samples: Object.fromEntries(samples[e] ?? []) as unknown as Samples,
  }));
}

function resident({ proxy }: Entrant): number | undefined {
  return proxy.pid === undefined ? undefined : residentMegabytes(proxy.pid);
}

/** Rotated and turned about, so that no contender always follows the same one. */
function order(count: number, turn: number): number[] {
  const forward = Array.from({ length: count }, (_, i) => (i + turn) % count);
  return turn % 2 === 0 ? forward : forward.reverse();
}

/** Compilers get to see the code, indexes the sessions. */
async function warmUp({ entrants, cells, client, warmUpSeconds, progress }: RoundsOptions): Promise<void> {
  for (const entrant of entrants) {
    progress(`warm-up: ${entrant.name}`);
    for (const cell of cells) {
      const pace: LoadJob["pace"] = cell.prompt.stream
        ? { kind: "count", requests: cell.connections }
        : { kind: "closed", seconds: warmUpSeconds / (cells.length - 1) };
      await client.ask(job(entrant, { ...cell, pace }, "warm-up"));
    }
  }
}

async function measure(
  client: HelperProcess,
  { entrant, cell, salt }: { entrant: Entrant; cell: Cell; salt: string },
): Promise<Sample> {
  const { pid } = entrant.proxy;
  const before = pid === undefined ? 0 : cpuSeconds(pid);
  const result = await client.ask<LoadResult>(job(entrant, cell, salt));
  const used = pid === undefined ? 0 : cpuSeconds(pid) - before;
  return {
    cpuMicroseconds: (used * 1e6) / (result.chunks > 0 ? result.chunks : result.requests),
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    perSecond: result.requests / result.seconds,
    failures: result.failures,
  };
}

function job({ proxy }: Entrant, { prompt, connections, pace }: Cell, salt: string): LoadJob {
  return { port: proxy.port, prompt, connections, pace, salt };
}
