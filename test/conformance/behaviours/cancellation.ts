// A client that leaves frees its request at the engine, in each phase of the request.
import assert from "node:assert/strict";
import { whileFull } from "../full-engine.ts";
import { type Ask, open, type OpenAnswer } from "../http.ts";
import { CHAT, chat, completion, COMPLETIONS } from "../probes/requests.ts";
import type { Case, Target } from "../target.ts";
import { running, workerMetrics } from "../worker-metrics.ts";

/** Long enough to be under way when the client leaves. */
const LONG = { max_tokens: 1500 };

function cancellation(name: string, run: (target: Target) => Promise<void>): Case {
  return { topic: "cancellation", name, run };
}

interface Leaving {
  readonly sequences?: number;
  readonly moment: (answer: OpenAnswer) => Promise<void>;
}

function oneRequest(name: string, ask: Ask, { sequences = 1, moment }: Leaving): Case {
  return cancellation(name, async (target) => {
    await running(target, 0);
    const answer = open(target.url, ask);
    await running(target, sequences);
    await moment(answer);
    answer.leave();
    await running(target, 0);
  });
}

const now = (): Promise<void> => Promise.resolve();
const events = (count: number) => (answer: OpenAnswer) => answer.until((text) => text.split("\n\n").length > count);

export const cancellationCases: readonly Case[] = [
  oneRequest("whole answer, before its headers", { path: CHAT, body: chat(LONG) }, { moment: now }),
  oneRequest("whole completion", { path: COMPLETIONS, body: completion(LONG) }, { moment: now }),
  oneRequest(
    "stream, after its first event",
    { path: CHAT, body: chat({ ...LONG, stream: true }) },
    { moment: events(1) },
  ),
  oneRequest("stream, amid its tokens", { path: CHAT, body: chat({ ...LONG, stream: true }) }, { moment: events(12) }),
  oneRequest(
    "stream of completions",
    { path: COMPLETIONS, body: completion({ ...LONG, stream: true }) },
    { moment: events(5) },
  ),
  oneRequest(
    "stream of n = 3",
    { path: CHAT, body: chat({ ...LONG, stream: true, n: 3, temperature: 1 }) },
    { sequences: 3, moment: events(9) },
  ),
  cancellation("while it is being prefilled", async (target) => {
    const ids = Array.from({ length: 2000 }, (_, i) => 1000 + ((i * 37) % 5000));
    const answer = open(target.url, {
      path: COMPLETIONS,
      body: completion({ prompt: ids, max_tokens: 40, stream: true }),
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    answer.leave();
    await running(target, 0);
  }),
  cancellation("while it waits for a place", (target) =>
    whileFull(target, async ({ ask, waiting }) => {
      const late = ask(LONG);
      await waiting(1);
      late.leave();
      await waiting(0);
      assert.equal(late.text(), "");
    }),
  ),
  cancellation("its blocks are free again", async (target) => {
    const answer = open(target.url, { path: CHAT, body: chat({ ...LONG, stream: true }) });
    await answer.until((text) => text.split("\n\n").length > 3);
    answer.leave();
    await running(target, 0);
    assert.equal((await workerMetrics(target)).kvUsage, 0);
  }),
  cancellation("the others go on", async (target) => {
    const stays = open(target.url, { path: CHAT, body: chat({ max_tokens: 60, stream: true }) });
    const leaves = open(target.url, { path: CHAT, body: chat({ ...LONG, stream: true }) });
    await leaves.until((text) => text.split("\n\n").length > 3);
    leaves.leave();
    assert.equal(await stays.ended, "end");
    assert.ok(stays.text().endsWith("data: [DONE]\n\n"));
    await running(target, 0);
  }),
];
