// What a request of four megabytes does to the streams of others: worst stretch between chunks with it against the same time without.
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type HelperProcess, helperProcess } from "../lib/helper-process.ts";
import { startMockWorkers, type MockWorkers } from "../proxy/start-mock-workers.ts";
import { soakDeployment, TOKENIZER } from "./deployments.ts";
import { type SoakedGateway, startSoakedGateway } from "./soaked-gateway.ts";
import { PROMPT_MODEL, STALL_PROMPTS, type StallPrompt } from "./stall-prompts.ts";
import type { StallQuestion, StreamGroup, Worst } from "./stall-streams.ts";

export interface StallPhase {
  readonly groups: readonly StreamGroup[];
  readonly prompts: readonly StallResult[];
  readonly lost: number;
}

export interface StallResult {
  readonly prompt: string;
  readonly megabytes: number;
  readonly status: number;
  /** One a round, ms: the worst between two chunks beyond the worker's pace. */
  readonly with: readonly number[];
  readonly without: readonly number[];
  /** The longest the event loop stood still, one a round, ms. */
  readonly loopWith: readonly number[];
  readonly loopWithout: readonly number[];
}

export interface StallPlan {
  readonly rounds: number;
  /** Of the body. */
  readonly bytes: number;
}

/** Chunks of 100, 10 and 1 token a second. */
const GROUPS: readonly StreamGroup[] = [
  { model: "fast", gapMs: 10, streams: 10 },
  { model: "middle", gapMs: 100, streams: 20 },
  { model: "slow", gapMs: 1000, streams: 20 },
];
/** After the answer to the long prompt: what follows from it counts as well. */
const AFTER_MS = 200;
/** The time without one: as long as the request before it took, but at least this. */
const SHORTEST_MS = 600;

export async function stallPhase(plan: StallPlan): Promise<StallPhase> {
  const workers: MockWorkers[] = [];
  const helper = helperProcess(join(import.meta.dirname, "stall-streams.ts"));
  let gateway: SoakedGateway | undefined;
  try {
    for (const { gapMs, model } of [...GROUPS, { gapMs: 1000, model: PROMPT_MODEL }])
      workers.push(await startMockWorkers(1, gapMs, model));
    const models = [...GROUPS.map(({ model }) => model), PROMPT_MODEL];
    gateway = await startSoakedGateway(
      models.map((model, i) =>
        soakDeployment({
          model,
          algorithm: "kv_aware",
          tokenizer: model === PROMPT_MODEL ? TOKENIZER : { source: "builtin" },
          workers: workers[i]?.origins ?? [],
          events: false,
        }),
      ),
    );
    return await compare(gateway, helper, plan);
  } finally {
    await helper.stop();
    await gateway?.stop();
    await Promise.all(workers.map((one) => one.stop()));
  }
}

async function compare(
  gateway: SoakedGateway,
  helper: HelperProcess,
  { rounds, bytes }: StallPlan,
): Promise<StallPhase> {
  const { port } = gateway;
  const ask = (question: StallQuestion): Promise<Worst> => helper.ask(question);
  await ask({ kind: "start", port, groups: GROUPS });
  let lost = 0;
  const look = async (during: () => Promise<void>): Promise<{ stretch: number; loop: number }> => {
    await ask({ kind: "worst" });
    await gateway.ask("delay");
    await during();
    const worst = await ask({ kind: "worst" });
    lost = worst.lost;
    return { stretch: worst.stretchMs, loop: (await gateway.ask("delay")).max };
  };
  const prompts: StallResult[] = [];
  for (const prompt of STALL_PROMPTS) {
    // Its first run starts threads and compiles code.
    await post(port, prompt, prompt.body(bytes, -1));
    prompts.push(await roundsOf({ prompt, rounds, bytes, port }, look));
  }
  return { groups: GROUPS, prompts, lost };
}

interface Rounds {
  readonly prompt: StallPrompt;
  readonly rounds: number;
  readonly bytes: number;
  readonly port: number;
}

type Look = (during: () => Promise<void>) => Promise<{ stretch: number; loop: number }>;

async function roundsOf({ prompt, rounds, bytes, port }: Rounds, look: Look): Promise<StallResult> {
  const result = {
    with: [] as number[],
    without: [] as number[],
    loopWith: [] as number[],
    loopWithout: [] as number[],
  };
  let status = 0;
  let size = 0;
  for (let round = 0; round < rounds; round++) {
    const body = prompt.body(bytes, round);
    size = body.length;
    let took = 0;
    const seen = await look(async () => {
      const start = performance.now();
      status = await post(port, prompt, body);
      await delay(AFTER_MS);
      took = performance.now() - start;
      await delay(Math.max(0, SHORTEST_MS - took));
    });
    const quiet = await look(() => delay(Math.max(SHORTEST_MS, took)));
    result.with.push(seen.stretch);
    result.loopWith.push(seen.loop);
    result.without.push(quiet.stretch);
    result.loopWithout.push(quiet.loop);
  }
  return { prompt: prompt.name, megabytes: size / 1e6, status, ...result };
}

function post(port: number, { path }: StallPrompt, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": body.length };
    const sent = httpRequest({ port, host: "127.0.0.1", method: "POST", path, headers, agent: false }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
