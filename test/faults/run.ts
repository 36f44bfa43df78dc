// One run of the fault suite: load, faults by the plan, quiet, and then what must hold.
import { setTimeout as pause } from "node:timers/promises";
import { startClients } from "./clients.ts";
import { violations } from "./invariants.ts";
import type { Verdict } from "./judge.ts";
import { type Fault, faultPlan } from "./plan.ts";
import { askedQuestions } from "./questions.ts";
import { strike } from "./strike.ts";
import { startWorld } from "./world.ts";

export interface RunSetting {
  readonly seed: number;
  readonly durationMs: number;
  readonly workers: number;
  /** How many of them compute prompts for the others. */
  readonly prefill?: number | undefined;
  readonly clients: number;
  /** File for the gateway's log; default: a disk that is full. */
  readonly log?: string | undefined;
  readonly say?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly seconds: number;
  readonly workers: number;
  readonly clients: number;
  readonly requests: number;
  readonly verdicts: Readonly<Record<Verdict | "left", number>>;
  /** Errors instead of answers, by status and whether the gateway or a worker gave them. */
  readonly refusals: Readonly<Record<string, number>>;
  /** By name, how many struck. */
  readonly faults: Readonly<Record<string, number>>;
  /** As the gateway counted. */
  readonly continued: number;
  readonly denied: Readonly<Record<string, number>>;
  readonly retried: number;
  readonly breakersOpened: number;
  /** From the end of the last fault to all workers ready. */
  readonly recoveryMs: number;
  /** Promises that were broken, a line each; none = the run is good. */
  readonly violations: readonly string[];
}

export async function faultRun(setting: RunSetting): Promise<RunResult> {
  const { seed, durationMs, workers: count, prefill, clients: clientCount, log, say = () => undefined } = setting;
  const plan = faultPlan({ seed, durationMs, workers: count });
  const [questions, world] = await Promise.all([askedQuestions(seed), startWorld({ workers: count, prefill, log })]);
  try {
    const corruption = corruptionLog();
    const url = world.gateway.data;
    const clients = startClients({ seed, count: clientCount, url, questions, corruptSince: corruption.since });
    // Once everything has been used, what the process holds is what it is entitled to.
    await pause(Math.min(2000, durationMs / 4));
    const before = await world.gateway.inside();
    await strikeAll(plan, world, { corruption, say, durationMs });
    const healedAt = performance.now();
    const notReady = await world.notReady(10_000);
    const recoveryMs = Math.round(performance.now() - healedAt);
    await clients.stop();
    const { verdicts, refusals, asked: requests, wrongs } = clients;
    const ended = { requests, verdicts, wrongs, notReady, before, witness: world.workers[0]?.id ?? "" };
    const { broken, counts } = await violations(world.gateway, ended);
    const seconds = Math.round(durationMs / 1000);
    const faults = countBy(plan.map(({ name }) => name));
    return {
      seed,
      seconds,
      workers: count,
      clients: clientCount,
      requests,
      verdicts,
      refusals,
      faults,
      ...counts,
      recoveryMs,
      violations: broken,
    };
  } finally {
    await world.close();
  }
}

interface Striking {
  readonly corruption: CorruptionLog;
  readonly say: (line: string) => void;
  readonly durationMs: number;
}

async function strikeAll(
  plan: readonly Fault[],
  world: Awaited<ReturnType<typeof startWorld>>,
  how: Striking,
): Promise<void> {
  const began = performance.now();
  // One after the other at each worker: a restart may take longer than planned.
  const running = new Map<number, Promise<void>>();
  for (const fault of plan) {
    await pause(Math.max(0, began + fault.atMs - performance.now()));
    const worker = world.workers[fault.worker];
    if (worker === undefined) continue;
    how.say(`${String(fault.atMs).padStart(7)} ms  ${worker.id}  ${fault.name}, ${fault.forMs} ms`);
    const before = running.get(fault.worker) ?? Promise.resolve();
    const next = before.then(() => {
      const over = how.corruption.begin(fault);
      return strike(fault, worker, world.gateway).finally(over);
    });
    running.set(fault.worker, next);
  }
  await Promise.all(running.values());
  await pause(Math.max(0, began + how.durationMs - performance.now()));
}

interface CorruptionLog {
  /** The result ends it. */
  begin(fault: Fault): () => void;
  readonly since: (time: number) => boolean;
}

/** Bytes that were altered may still be on their way for a moment. */
const LATE_MS = 3500;

function corruptionLog(): CorruptionLog {
  let active = 0;
  let lastEnd = Number.NEGATIVE_INFINITY;
  return {
    begin({ strike: how }) {
      const alters = how.kind === "wire" && (how.fault.kind === "corrupt" || how.fault.kind === "content_length");
      if (!alters) return () => undefined;
      active += 1;
      return () => {
        active -= 1;
        lastEnd = performance.now();
      };
    },
    since: (time) => active > 0 || lastEnd + LATE_MS > time,
  };
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
