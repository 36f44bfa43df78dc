// The same trace live, in real time through the gateway's process onto simulated engines, and offline; how far apart they are.
import { realClock, seededRandom } from "../../src/core/index.ts";
import { loadProfile } from "../../src/model/index.ts";
import { runScenario } from "../../src/simulator/index.ts";
import {
  loadClient,
  type LoadSummary,
  type RequestSample,
  runLoad,
  summarize,
  syntheticTrace,
  type Trace,
  tracePlan,
} from "../../src/workload/index.ts";
import type { Machine } from "../lib/machine.ts";
import { QWEN, qwenDeployment } from "../lib/qwen-deployment.ts";
import { startServe } from "../lib/serve-process.ts";

export interface LiveSetup {
  readonly profile: string;
  readonly workers: number;
  readonly requests: number;
  readonly perSecond: number;
  readonly policy: string;
}

export interface LiveRound {
  readonly live: LoadSummary;
  readonly offline: LoadSummary;
}

export interface LiveReport {
  readonly machine: Machine;
  readonly setup: LiveSetup;
  readonly rounds: readonly LiveRound[];
}

/** The client and the gateway share the machine with what they measure: long prompts would measure JSON. */
const MAX_INPUT = 32_000;
const MAX_OUTPUT = 200;

export async function liveRound(setup: LiveSetup, round: number): Promise<LiveRound> {
  const trace = roundTrace(setup, round);
  return { live: await liveSummary(trace, setup), offline: offlineSummary(trace, setup, round) };
}

function roundTrace({ requests, perSecond }: LiveSetup, round: number): Trace {
  const whole = syntheticTrace({ preset: "conversation", requests, random: seededRandom(`live ${round}`) });
  const random = seededRandom(`live arrivals ${round}`);
  let atMs = 1000;
  const rows = whole.rows.map((row) => ({
    ...row,
    atMs: (atMs += (2000 * random.next()) / perSecond),
    inputTokens: Math.min(row.inputTokens, MAX_INPUT),
    hashIds: row.hashIds?.slice(0, Math.ceil(Math.min(row.inputTokens, MAX_INPUT) / whole.blockTokens)),
    outputTokens: Math.min(row.outputTokens, MAX_OUTPUT),
    session: undefined,
  }));
  return { ...whole, rows };
}

async function liveSummary(trace: Trace, setup: LiveSetup): Promise<LoadSummary> {
  const serve = await startServe(qwenDeployment({ ...setup, algorithm: setup.policy, speed: 1 }));
  const startedAt = realClock.now();
  const client = loadClient({ url: serve.data, clock: realClock, startedAt, timeoutMs: 60_000 });
  const samples: RequestSample[] = [];
  try {
    const plan = tracePlan(trace, { model: QWEN, speed: 1, vocabulary: 32_000, maxInputTokens: MAX_INPUT });
    const onSample = (one: RequestSample): void => void samples.push(one);
    await runLoad({ client, plan, clock: realClock, startedAt, concurrency: undefined, onSample });
  } finally {
    await client.close();
    await serve.stop();
  }
  return summarize(samples);
}

function offlineSummary(trace: Trace, { profile, workers, policy }: LiveSetup, round: number): LoadSummary {
  const each = loadProfile(profile);
  const { summary } = runScenario({
    profiles: Array.from({ length: workers }, () => each),
    trace,
    policy,
    speed: 1,
    seed: String(round),
    noise: 0,
    stalenessMs: 0,
    concurrency: undefined,
    staggerMs: 0,
    warmUpMs: 0,
    slo: {},
  });
  return summary;
}
