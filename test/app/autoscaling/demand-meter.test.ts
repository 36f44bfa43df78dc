// What is counted of clients' requests for one pool: rates, means, 99th percentiles; what is not known is not made up.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bothRecorders } from "../../../src/app/autoscaling/both-recorders.ts";
import { decisionLog } from "../../../src/app/autoscaling/decision-log.ts";
import { demandMeter } from "../../../src/app/autoscaling/demand-meter.ts";
import { savedCounts } from "../../../src/app/autoscaling/saved-counts.ts";
import { readScaleRecords, type ScaleRecord } from "../../../src/autoscaling/index.ts";
import { virtualClock } from "../../../src/core/index.ts";
import type { TrafficRecorder } from "../../../src/gateway/index.ts";
import { createLog } from "../../../src/telemetry/index.ts";

type Recorded = Parameters<TrafficRecorder["ended"]>[0];
type Identity = Parameters<TrafficRecorder["identified"]>[1];
const IDENTITY: Identity = { promptTokens: 0, exact: true, hashes: undefined };
const log = createLog({ level: "silent" });

function request(more: Partial<Recorded>): Recorded {
  const usage = { promptTokens: 100, completionTokens: 20, cachedTokens: 40 };
  const times = { readAt: 0, firstTokenAt: 50, lastTokenAt: 240, tokenEvents: 20 };
  return { model: "m", legs: [], promptTokens: 100, stream: true, usage, ...times, ...more } as unknown as Recorded;
}

test("arrivals a second, means of those that were served, and the slowest of a hundred", () => {
  const clock = virtualClock();
  const meter = demandMeter(clock);
  const { recorder } = meter;
  const [mine, other] = [meter.reader("m"), meter.reader("x")];
  for (let i = 1; i <= 100; i++) {
    const one = request({ firstTokenAt: i });
    recorder.identified(one, IDENTITY);
    recorder.ended(one, i === 100 ? "aborted" : "ok");
  }
  clock.advance(10_000);
  const { demand, observed } = mine.take();
  const answerShape = Array.from({ length: 8 }, () => 1);
  const lengths = { promptTokens: 100, cachedTokens: 40, outputTokens: 20, answerShape };
  assert.deepEqual(demand, { requestsPerSecond: 10, ...lengths });
  assert.ok(observed && observed.ttftP99Ms >= 98 && observed.ttftP99Ms <= 99);
  assert.deepEqual(other.take().demand?.requestsPerSecond, 0);
  clock.advance(10_000);
  assert.deepEqual(mine.look(), { demand: { ...demand, requestsPerSecond: 0 }, observed });
  clock.advance(120_000);
  assert.equal(mine.look().observed, undefined);
});

test("requests that come while no answer was seen yet make the demand unknown, not small", () => {
  const clock = virtualClock();
  const meter = demandMeter(clock);
  const { recorder } = meter;
  const mine = meter.reader("m");
  recorder.identified(request({}), IDENTITY);
  clock.advance(1000);
  assert.deepEqual(mine.take(), { demand: undefined, observed: undefined });
  recorder.ended(request({}), "ok");
  clock.advance(1000);
  assert.equal(mine.take().demand?.outputTokens, 20);
});

test("pools with roles: prefill gets the split requests with their prompts, decode all answers and the other prompts", () => {
  const clock = virtualClock();
  const meter = demandMeter(clock);
  const { recorder } = meter;
  const [prefill, decode] = [meter.reader("m", undefined, "prefill"), meter.reader("m", undefined, "decode")];
  const legs = [{ prefilled: true }, { part: "decode" }] as unknown as Recorded["legs"];
  const usage = { promptTokens: 900, completionTokens: 20, cachedTokens: 80 };
  for (const one of [request({ legs, promptTokens: 900, usage }), request({}), request({}), request({})]) {
    recorder.identified(one, IDENTITY);
    recorder.ended(one, "ok");
  }
  clock.advance(1000);
  const answers = { outputTokens: 20 };
  assert.deepEqual(prefill.take().demand, { requestsPerSecond: 1, promptTokens: 900, cachedTokens: 80, ...answers });
  const all = { requestsPerSecond: 4, promptTokens: 300, cachedTokens: 50 };
  assert.deepEqual(decode.take().demand, { ...all, ...answers, wholeShare: 0.75 });
});

test("a recording beside it sees the same requests", () => {
  const seen: string[] = [];
  const of = (name: string): TrafficRecorder => ({
    identified: () => void seen.push(`${name} identified`),
    ended: () => void seen.push(`${name} ended`),
  });
  const both = bothRecorders(of("a"), of("b"));
  both.identified(request({}), IDENTITY);
  both.ended(request({}), "ok");
  assert.deepEqual(seen, ["a identified", "b identified", "a ended", "b ended"]);
});

test("decisions on file: bounded, the last ones at hand after a restart, a torn line is told", () => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-decisions-"));
  try {
    const file = join(folder, "autoscaling", "decisions.jsonl");
    const record = (n: number) => decisionOf("p", n);
    const first = decisionLog(file, log, 400);
    for (let n = 0; n < 20; n++) first.add(record(n));
    assert.ok(statSync(file).size <= 400 && statSync(`${file}.1`).size <= 400);
    assert.deepEqual(
      first.last("p").map(({ decision }) => decision.at),
      [...Array(20).keys()],
    );
    const again = decisionLog(file, log, 400);
    assert.equal(again.last("p").at(-1)?.decision.at, 19);
    assert.deepEqual(again.last("other"), []);
    assert.deepEqual(readScaleRecords(`${readFileSync(file, "utf8").split("\n")[0]}\n{"pool":"p","sett`).bad, [2]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("numbers of workers are kept over a restart; a damaged file is as none", () => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-counts-"));
  try {
    savedCounts(folder, log).set("p", { replicas: 3, manual: 3 });
    const next = savedCounts(folder, log);
    assert.deepEqual(next.of("p"), { replicas: 3, manual: 3 });
    next.set("p", { replicas: 2, manual: undefined });
    assert.deepEqual(savedCounts(folder, log).of("p"), { replicas: 2 });
    assert.equal(savedCounts(join(folder, "nothing"), log).of("p"), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("bug: of several pools no more than a hundred decisions in all were at hand after a restart", () => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-decisions-"));
  try {
    const file = join(folder, "decisions.jsonl");
    const first = decisionLog(file, log);
    for (let n = 0; n < 150; n++) first.add(decisionOf("busy", n));
    first.add(decisionOf("quiet", 1000));
    for (let n = 0; n < 150; n++) first.add(decisionOf("busy", 2000 + n));
    const again = decisionLog(file, log);
    assert.equal(again.last("quiet").length, 1);
    assert.equal(again.last("busy").length, 100);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("bug: the first decision after a torn line was lost with it", () => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-decisions-"));
  try {
    const file = join(folder, "decisions.jsonl");
    writeFileSync(file, `${JSON.stringify(decisionOf("p", 1))}\n{"pool":"p","sett`);
    decisionLog(file, log).add(decisionOf("p", 2));
    const { records, bad } = readScaleRecords(readFileSync(file, "utf8"));
    assert.deepEqual([records.map(({ decision }) => decision.at), bad], [[1, 2], [2]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("bug: a number of workers that a full disk did not take was not saved when there was room again", () => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-counts-"));
  try {
    const inTheWay = join(folder, "autoscaling", "counts.json.new");
    mkdirSync(inTheWay, { recursive: true });
    const counts = savedCounts(folder, log);
    counts.set("p", { replicas: 2, manual: 2 });
    rmSync(inTheWay, { recursive: true });
    counts.retry();
    assert.deepEqual(savedCounts(folder, log).of("p"), { replicas: 2, manual: 2 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function decisionOf(pool: string, at: number): ScaleRecord {
  return { pool, settings: {}, before: {}, sample: {}, decision: { at }, applied: "" } as unknown as ScaleRecord;
}
