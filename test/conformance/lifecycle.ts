// How an engine ends while requests run: shutdown, drain, death of the engine process, death of the server; directly and through a gateway.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { bodyOf, payloadsOf } from "./answer.ts";
import { eventually, exchange, open, type OpenAnswer } from "./http.ts";
import { CHAT, chat } from "./probes/requests.ts";
import type { EngineVariant, RunningEngine, RunningGateway } from "./start-targets.ts";

export interface Rig {
  readonly real: boolean;
  readonly startEngine: (variant: EngineVariant) => Promise<RunningEngine>;
  /** Another worker of the same model, for what the first one cannot serve. */
  readonly spare: RunningEngine;
  readonly gatewayBefore: (engines: readonly RunningEngine[]) => Promise<RunningGateway>;
}

/** What a scenario proves, by who sees it. */
export interface Check {
  readonly seen: "directly" | "via gateway";
  readonly name: string;
  readonly run: () => Promise<void>;
}

export interface Scenario {
  readonly name: string;
  readonly variant: EngineVariant;
  /** Length of the streams: a drain waits for them. */
  readonly tokens: number;
  readonly checks: (stage: Stage) => readonly Check[];
  /** What happens to the engine once the streams are open. */
  readonly strike: (stage: Stage) => Promise<void>;
}

/** One engine with a stream on each way to it. */
export interface Stage {
  readonly rig: Rig;
  readonly engine: RunningEngine;
  readonly gateway: RunningGateway;
  readonly direct: OpenAnswer;
  readonly through: OpenAnswer;
}

/** Calls `use` with the streams open, and stops what it started whatever happens. */
export async function onStage(rig: Rig, scenario: Scenario, use: (stage: Stage) => Promise<void>): Promise<void> {
  const engine = await rig.startEngine(scenario.variant);
  const gateway = await rig.gatewayBefore([engine, rig.spare]).catch(async (thrown: unknown) => {
    await engine.stop();
    throw thrown;
  });
  const opened: OpenAnswer[] = [];
  try {
    const [direct, through] = await underWay(rig, { engine, gateway, tokens: scenario.tokens, opened });
    await use({ rig, engine, gateway, direct, through });
  } finally {
    for (const answer of opened) answer.leave();
    await gateway.child.stop();
    await engine.stop();
  }
}

interface Opening {
  readonly engine: RunningEngine;
  readonly gateway: RunningGateway;
  readonly tokens: number;
  /** To be left at the end. */
  readonly opened: OpenAnswer[];
}

const ATTEMPTS = 5;

/** A stream on each way to the engine, with much of it to come: a real server may hold one back until the other is nearly over. */
async function underWay(rig: Rig, { engine, gateway, tokens, opened }: Opening): Promise<[OpenAnswer, OpenAnswer]> {
  const stream = { path: CHAT, body: chat({ max_tokens: tokens, stream: true }) };
  const events = (answer: OpenAnswer): number => answer.text().split("\n\n").length;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    await setDrain(gateway, rig.spare, true);
    const both: [OpenAnswer, OpenAnswer] = [open(engine.url, stream), open(gateway.url, stream)];
    opened.push(...both);
    for (const answer of both) await answer.until(() => events(answer) > 5);
    await setDrain(gateway, rig.spare, false);
    if (both.every((answer) => events(answer) < tokens / 2)) return both;
    both.forEach((answer) => answer.leave());
    await Promise.all(both.map(({ ended }) => ended));
  }
  return assert.fail(`${ATTEMPTS} times one of two streams was nearly over before the other had begun`);
}

async function setDrain(gateway: RunningGateway, { url }: RunningEngine, drain: boolean): Promise<void> {
  const headers = { authorization: `Bearer ${gateway.adminToken}` };
  const list = bodyOf(await exchange(gateway.adminUrl, { path: "/admin/v1/workers", headers }))
    .at("workers")
    .list();
  const id =
    list
      .find((worker) => JSON.stringify(worker.value).includes(url))
      ?.at("id")
      .text() ?? "";
  const path = `/admin/v1/workers/${encodeURIComponent(id)}/${drain ? "drain" : "undrain"}`;
  assert.equal((await exchange(gateway.adminUrl, { path, method: "POST", headers })).status, 200);
}

const ASK = { path: CHAT, body: chat({ max_tokens: 2 }) };

/** Many enough that some are routed to the engine that is gone. */
async function allSucceed({ gateway }: Stage): Promise<void> {
  for (let i = 0; i < 12; i++) {
    const answer = await exchange(gateway.url, ASK);
    assert.equal(answer.status, 200, answer.body);
  }
}

function refuses({ engine }: Stage): Promise<void> {
  return eventually("the port refuses", () => {
    return new Promise((resolve) => {
      const socket = connect(engine.port, "127.0.0.1", () => resolve(false));
      socket.on("error", () => resolve(true));
      socket.on("connect", () => socket.destroy());
    });
  });
}

/** What the promise gives, or "silent" when it takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | "silent"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"silent">((resolve) => (timer = setTimeout(() => resolve("silent"), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function endsWithError(answer: OpenAnswer, message: RegExp): () => Promise<void> {
  return async () => {
    assert.equal(await within(20_000, answer.ended), "end");
    assert.equal(await answer.status, 200);
    assertEndsWith(answer, message);
  };
}

function assertEndsWith(answer: OpenAnswer, message: RegExp): void {
  const [error = "", done] = payloadsOf(answer.text()).slice(-2);
  assert.equal(done, "[DONE]");
  assert.match(error, message);
}

function finishes(answer: OpenAnswer): () => Promise<void> {
  return async () => {
    assert.equal(await within(120_000, answer.ended), "end");
    assert.match(answer.text(), /"finish_reason":"length"[\s\S]*data: \[DONE\]\n\n$/);
  };
}

const signal = (name: NodeJS.Signals) => (stage: Stage) => {
  process.kill(stage.engine.child?.pid ?? 0, name);
  return Promise.resolve();
};

/** Besides the hang vLLM was seen to do either, by which of its processes was faster. */
const DROPPED = /("finish_reason":"abort"|EngineCore encountered an issue)[^]*data: \[DONE\]\n\n$/;
const SETTLE_MS = 300;
const HANG_MS = 1500;

const shutdown: Scenario = {
  name: "SIGTERM",
  variant: {},
  tokens: 1200,
  strike: signal("SIGTERM"),
  checks: (stage) => [
    { seen: "directly", name: "the port refuses", run: () => refuses(stage) },
    {
      seen: "directly",
      name: "a running stream hangs, or ends with finish_reason abort or an engine error",
      run: async () => {
        await within(SETTLE_MS, stage.direct.ended);
        const before = stage.direct.text();
        if ((await within(HANG_MS, stage.direct.ended)) === "silent") assert.equal(stage.direct.text(), before);
        else assert.match(before, DROPPED);
      },
    },
    {
      seen: "via gateway",
      name: "a running stream goes on at the other worker",
      run: finishes(stage.through),
    },
    { seen: "via gateway", name: "new requests succeed elsewhere", run: () => allSucceed(stage) },
  ],
};

const drain: Scenario = {
  name: "SIGTERM with --shutdown-timeout 60",
  variant: { args: ["--shutdown-timeout", "60"] },
  tokens: 300,
  strike: signal("SIGTERM"),
  checks: (stage) => [
    { seen: "via gateway", name: "new requests succeed elsewhere", run: () => allSucceed(stage) },
    {
      seen: "directly",
      name: "new requests get 500, health stays",
      run: async () => {
        const answer = await exchange(stage.engine.url, ASK);
        assert.equal(answer.status, 500);
        assert.match(answer.body, /cannot schedule new futures after shutdown/);
        assert.equal((await exchange(stage.engine.url, { path: "/health" })).status, 200);
      },
    },
    { seen: "directly", name: "a running stream finishes", run: finishes(stage.direct) },
    { seen: "via gateway", name: "a running stream finishes", run: finishes(stage.through) },
    {
      seen: "directly",
      name: "the process ends",
      run: async () =>
        assert.equal(await within(30_000, stage.engine.child?.exited ?? Promise.resolve("never started")), "code 0"),
    },
  ],
};

const engineDeath: Scenario = {
  name: "death of the engine process",
  variant: {},
  tokens: 1200,
  strike: async ({ rig, engine }) => {
    if (rig.real) return void process.kill(enginePid(engine.child?.pid ?? 0), "SIGKILL");
    const body = { engineDeath: { afterMs: 0 } };
    assert.equal((await exchange(engine.url, { path: "/_sim/faults", body })).status, 200);
  },
  checks: (stage) => [
    {
      seen: "directly",
      name: "a running stream ends with an error",
      run: endsWithError(stage.direct, /EngineCore encountered an issue/),
    },
    { seen: "via gateway", name: "a running stream goes on at the other worker", run: finishes(stage.through) },
    { seen: "via gateway", name: "new requests succeed elsewhere", run: () => allSucceed(stage) },
    { seen: "directly", name: "the port refuses", run: () => refuses(stage) },
  ],
};

const serverDeath: Scenario = {
  name: "death of the server",
  variant: {},
  tokens: 1200,
  strike: signal("SIGKILL"),
  checks: (stage) => [
    {
      seen: "directly",
      name: "a running stream is cut",
      run: async () => assert.equal(await stage.direct.ended, "cut"),
    },
    { seen: "via gateway", name: "a running stream goes on at the other worker", run: finishes(stage.through) },
    { seen: "via gateway", name: "new requests succeed elsewhere", run: () => allSucceed(stage) },
  ],
};

export const SCENARIOS: readonly Scenario[] = [shutdown, drain, engineDeath, serverDeath];

/** vLLM's engine is a child of the server. */
function enginePid(server: number): number {
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1]);
      if (parent === server && readFileSync(`/proc/${name}/cmdline`, "utf8").startsWith("VLLM::EngineCore"))
        return Number(name);
    } catch {
      // It ended meanwhile.
    }
  }
  throw new Error(`process ${server} has no engine`);
}
