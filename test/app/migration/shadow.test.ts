// The shadow phase in a running gateway: copies, pairs, the verdict, and candidates that misbehave at 100 %.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Behaviour } from "../../gateway/harness.ts";
import { type Migrating, migrating, streams } from "./migrating.ts";

const SHADOW = {
  enabled: true,
  fraction: 1,
  repeatFraction: 1,
  coldStartSeconds: 0,
  brakeLoopLagMs: 60_000,
  brakePrimaryP99Ms: 60_000,
  verdictAfterSeconds: 3600,
};
const SCHEDULE = { checkIntervalSeconds: 0.05, minRequests: 0, noDataGraceSeconds: 3600 };

function shadowing(candidate: Behaviour, shadow: object = {}): Promise<Migrating> {
  return migrating({ candidate, spec: { schedule: SCHEDULE, shadow: { ...SHADOW, ...shadow } } });
}

async function started(gateway: Migrating): Promise<Migrating> {
  await gateway.command("start");
  await gateway.until(({ shadow }) => shadow?.running === true);
  return gateway;
}

test("a stream is copied to the candidate and again to the legacy arm; figures are kept, texts are not", async () => {
  const gateway = await started(await shadowing(streams("a secret answer")));
  for (const user of ["anna-1", "bert-2"]) {
    const { status, body } = await gateway.ask(user, { stream: true, temperature: 0 });
    assert.equal(status, 200);
    assert.ok(body.includes("legacy"), "the client has the primary's answer");
  }
  const { shadow } = await gateway.until((now) => now.shadow?.pairs === 2 && now.shadow.repeats === 2);
  assert.equal(shadow?.sent, 2);
  assert.deepEqual(shadow?.dropped, {});
  const kept = readFileSync(join(gateway.folder, "pairs.jsonl"), "utf8");
  const pair = JSON.parse(kept.split("\n")[0] ?? "");
  assert.equal(typeof pair.primary.ttftMs, "number");
  for (const hidden of ["a secret answer", "anna-1", "bert-2"]) assert.ok(!kept.includes(hidden), hidden);
  assert.equal(existsSync(join(gateway.folder, "texts")), false);
  assert.equal((await gateway.report()).texts, undefined);
  const pairs = kept
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(pairs.find((one) => one.kind === "repeat").comparison.equal, true);
  assert.equal(pairs.find((one) => one.kind === "pair").comparison.equal, false);
  assert.equal(gateway.candidate.asked("m").length, 2);
  assert.equal(gateway.legacy.asked("m").length, 4);
});

test("requests of the first minute are not copied, and the status says so", async () => {
  const gateway = await started(await shadowing(streams("an answer"), { coldStartSeconds: 3600 }));
  await gateway.ask("anna-1", { stream: true });
  const { shadow } = await gateway.until((now) => now.shadow?.excluded?.["cold-start"] === 1);
  assert.equal(shadow?.sent, 0);
});

test("texts are kept masked and for the owner alone when the plan asks, and told in the report", async () => {
  const texts = { ttlHours: 1, mask: ["card \\d+", "leg(?=acy)"] };
  const gateway = await started(await shadowing(streams("card 4711 is fine"), { texts, repeatFraction: 0 }));
  await gateway.ask("anna-1", { stream: true, messages: [{ role: "user", content: "is card 4711 fine?" }] });
  await gateway.ask("anna-1", {}, { "x-switchgear-no-shadow": "1" });
  await gateway.until((now) => now.shadow?.pairs === 1);
  const folder = join(gateway.folder, "texts");
  const [file = ""] = readdirSync(folder);
  assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  const kept = readFileSync(join(folder, file), "utf8");
  for (const hidden of ["4711", "legacy", "anna-1"]) assert.ok(!kept.includes(hidden), hidden);
  const report = await gateway.report();
  assert.deepEqual(
    report.texts?.map(({ prompt, primary, shadow }) => [prompt, primary, shadow]),
    [["user: is [masked] fine?", "[masked]acy", "[masked] is fine"]],
  );
});

test("an answer that parts from the legacy's is scored by the legacy, once a minute's share, and never again when it cannot", async () => {
  const usage = { prompt_tokens: 2, completion_tokens: 1 };
  const scoring = { asked: 0, refuse: false };
  const side =
    (text: string): Behaviour =>
    (request, response) => {
      const asked = JSON.parse(request.body) as { prompt_logprobs?: number; messages: { content: string }[] };
      if (asked.prompt_logprobs === undefined) {
        const choices = [{ index: 0, message: { content: text }, finish_reason: "stop" }];
        return void response.end(JSON.stringify({ object: "chat.completion", model: "m", choices, usage }));
      }
      scoring.asked++;
      assert.equal(asked.messages.at(-1)?.content, "candidate");
      if (scoring.refuse) return void response.writeHead(400).end("{}");
      const token = { "7": { logprob: -0.5, rank: 12, decoded_token: "x" } };
      return void response.end(JSON.stringify({ prompt_logprobs: [null, token, token, token] }));
    };
  const shadow = { ...SHADOW, repeatFraction: 0, crossScorePerMinute: 600 };
  const gateway = await started(
    await migrating({ legacy: side("legacy"), candidate: side("candidate"), spec: { schedule: SCHEDULE, shadow } }),
  );
  const askOne = async (n: number, body: object) => {
    await gateway.ask("anna", { ...body });
    await gateway.until((now) => now.shadow?.pairs === n);
    return JSON.parse(readFileSync(join(gateway.folder, "pairs.jsonl"), "utf8").trim().split("\n").at(-1) ?? "");
  };
  const scored = await askOne(1, { temperature: 0 });
  assert.deepEqual([scored.crossScore.tokens, scored.crossScore.worstRank, scored.crossScore.beyondTen], [2, 12, 1]);
  assert.equal((await askOne(2, { temperature: 1 })).crossScore, undefined, "sampled answers may part");
  assert.equal(scoring.asked, 1);
  await sleep(110);
  scoring.refuse = true;
  assert.equal((await askOne(3, { temperature: 0 })).crossScore, undefined);
  await sleep(110);
  assert.equal((await askOne(4, { temperature: 0 })).crossScore, undefined);
  assert.equal(scoring.asked, 2);
});

test("the verdict comes at its declared time, and what is too little is said so", async () => {
  const gateway = await started(await shadowing(streams("x"), { verdictAfterSeconds: 0.2 }));
  await gateway.ask("anna");
  const { plan, shadow } = await gateway.until((now) => now.plan.verdict !== undefined);
  assert.equal(plan.verdict?.verdict, "INSUFFICIENT_DATA");
  assert.equal(plan.phase, "shadowing");
  assert.ok((shadow?.verdict?.gates.length ?? 0) > 5);
});

test("stateful requests and those that opt out are not copied, and no copy is made beyond the caps", async () => {
  const gateway = await started(await shadowing(streams("x"), { maxBytesPerDay: 400, repeatFraction: 0 }));
  await gateway.ask("anna", { store: true });
  await gateway.ask("anna", {}, { "x-switchgear-no-shadow": "1" });
  assert.equal((await gateway.status()).shadow?.sent, 0);
  for (let i = 0; i < 8; i++) await gateway.ask(`user-${i}`);
  const { shadow } = await gateway.until((now) => (now.shadow?.dropped["bytes"] ?? 0) > 0);
  assert.ok((shadow?.spent.bytes ?? 0) > 0);
  assert.ok((shadow?.sent ?? 9) < 8);
});

test("a client that leaves takes its pair with it, and its side and phase are counted", async () => {
  const hang: Behaviour = (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n');
  };
  const gateway = await migrating({ legacy: hang, candidate: hang, spec: { schedule: SCHEDULE, shadow: SHADOW } });
  await started(gateway);
  const leaving = new AbortController();
  const asked = fetch(`http://127.0.0.1:${gateway.port}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "hi" }] }),
    signal: leaving.signal,
  });
  await asked;
  await gateway.until(({ shadow }) => shadow?.inflight === 1 && gateway.candidate.asked("m").length === 1);
  leaving.abort();
  const { shadow } = await gateway.until((now) => Object.keys(now.shadow?.clientGone ?? {}).length === 1);
  assert.equal(shadow?.inflight, 0);
  assert.match(Object.keys(shadow?.clientGone ?? {})[0] ?? "", /^primary:streaming shadow:/);
  await gateway.candidate.asked("m")[0]?.aborted;
});

const MISBEHAVING: Readonly<Record<string, Behaviour>> = {
  dead: (_request, response) => void response.destroy(),
  hanging: () => undefined,
  slow: (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    let left = 100;
    const timer = setInterval(() => {
      response.write('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n');
      if (--left === 0) response.end("data: [DONE]\n\n");
    }, 50);
    response.once("close", () => clearInterval(timer));
  },
  crashing: (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: {", () => response.destroy());
  },
  flooding: (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 120)));
      response.once("drain", more);
    };
    more();
  },
  garbage: (_request, response) => void response.writeHead(200).end("\u0000{[[["),
};

for (const [name, behave] of Object.entries(MISBEHAVING)) {
  test(`a ${name} candidate at 100 % shadow costs the primary nothing`, async () => {
    const gateway = await started(
      await shadowing(behave, { repeatFraction: 0, requestLimitSeconds: 1, maxInflight: 8 }),
    );
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => gateway.ask(`u${i}`, { stream: i % 2 === 0 })),
    );
    for (const { status, body } of answers) {
      assert.equal(status, 200);
      assert.ok(body.includes("legacy"));
    }
    const { shadow } = await gateway.until((now) => now.shadow?.inflight === 0 && now.shadow.pairs > 0);
    const dropped = Object.values(shadow?.dropped ?? {}).reduce((a, b) => a + b, 0);
    assert.equal((shadow?.sent ?? 0) + dropped, 30, "each is sent or counted as dropped");
    const classes = readFileSync(join(gateway.folder, "pairs.jsonl"), "utf8").trim().split("\n");
    const ends = new Set(classes.map((line) => JSON.parse(line).shadow.class));
    if (name === "hanging" || name === "slow") assert.deepEqual(ends, new Set(["timeout"]));
    if (name === "dead" || name === "crashing") assert.deepEqual(ends, new Set(["protocol"]));
  });
}
