// Salts are set where they do something: what three prompts show of a worker, and what follows for its model.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ask, checkSalt, type SaltVerdict } from "../../../src/app/tenants/check-salt.ts";
import { isolation } from "../../../src/app/tenants/isolation.ts";
import { virtualClock } from "../../../src/core/virtual-clock.ts";
import type { Worker, WorkerState } from "../../../src/fleet/index.ts";
import { silentLog } from "../../../src/telemetry/index.ts";

type Kind = "good" | "shared" | "refuses" | "silent" | "dead" | "busy";

/** A worker's cache as far as the check sees it. */
function workerThat(kind: Kind): Ask {
  const seen = new Set<string>();
  return async ({ prompt, cache_salt: salt }) => {
    if (kind === "dead") return undefined;
    if (kind === "busy") return { status: 503, cachedTokens: undefined };
    if (kind === "refuses" && salt !== undefined) return { status: 400, cachedTokens: undefined };
    const key = kind === "shared" ? String(prompt) : `${String(salt)} ${String(prompt)}`;
    const isWarm = seen.has(key);
    seen.add(key);
    return { status: 200, cachedTokens: kind === "silent" ? undefined : isWarm ? 512 : 0 };
  };
}

test("a worker that finds blocks by another salt shares them; one that says nothing of its cache is unknown", async () => {
  const of = (kind: Kind) => checkSalt(workerThat(kind), "m", "n");
  const wanted: [Kind, SaltVerdict | undefined][] = [
    ["good", "works"],
    ["shared", "shared"],
    ["refuses", "refused"],
    ["silent", "unknown"],
    ["dead", undefined],
    ["busy", undefined],
  ];
  for (const [kind, verdict] of wanted) assert.equal(await of(kind), verdict, kind);
});

function worker(id: string, model: string, more: Partial<Worker> = {}): Worker {
  const facts = { servedModels: [model] } as unknown as Worker["facts"];
  return { id, model, role: "both", state: "ready", facts, ...more } as Worker;
}

test("a model is salted unless all its workers that were checked keep nothing apart; who comes back is checked again", async () => {
  const clock = virtualClock();
  const workers = [
    worker("good", "a"),
    worker("bad", "a"),
    worker("alone", "b"),
    worker("legacy", "c", { arm: "plan/legacy" }),
  ];
  const asked: string[] = [];
  const kinds: Record<string, Kind> = { good: "good", bad: "shared", alone: "refuses", legacy: "shared" };
  let changed: (one: Worker) => void = () => undefined;
  let active = false;
  const found = isolation({
    fleet: { workers: () => workers, onChange: (listener) => void (changed = listener) },
    active: () => active,
    clock,
    log: silentLog,
    ask: ({ id }) => {
      asked.push(id);
      return workerThat(kinds[id] ?? "good");
    },
  });
  const pass = async (looks: number) => {
    for (let i = 0; i < looks; i++) {
      clock.advance(500);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  };
  await pass(3);
  assert.deepEqual(asked, [], "nobody is a tenant");
  assert.equal(found.salts("b"), true, "until it is known, tenants are kept apart");
  active = true;
  await pass(10);
  assert.deepEqual(asked, ["good", "bad", "alone"], "once each, and nothing is sent to a legacy arm");
  assert.deepEqual(
    ["a", "b", "c"].map((model) => found.salts(model)),
    [true, false, true],
  );
  const down: WorkerState = "dead";
  workers[2] = worker("alone", "b", { state: down });
  changed(workers[2]);
  kinds["alone"] = "good";
  workers[2] = worker("alone", "b");
  changed(workers[2]);
  await pass(70);
  assert.equal(found.salts("b"), true);
  found.close();
});
