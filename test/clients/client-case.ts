// A case that a client library runs as its users would: what it is called, where it talks to, what is left behind when it leaves.
import assert from "node:assert/strict";
import { install } from "undici";
import { type Case, MODEL, type Target } from "../conformance/target.ts";
import { running } from "../conformance/worker-metrics.ts";

// The fetch of Node 26.10 (undici 8.10) was seen to lose aborts; undici 8.12 keeps what passes them on out of the garbage.
install();

export function clientCases(library: string, cases: Readonly<Record<string, Case["run"]>>): Case[] {
  return Object.entries(cases).map(([name, run]) => ({ topic: library, name, run }));
}

export const MESSAGES = [{ role: "user" as const, content: "Say hi" }];

/** What vLLM takes besides the official fields: an answer of the asked length from a random model. */
export const EXACT = { model: MODEL, temperature: 0, ignore_eos: true };

/** Long enough to be under way when the client leaves. */
export const LONG = 1500;

/** Where an API has no `ignore_eos`, an answer may be over before the client could leave it. */
const ATTEMPTS = 5;

/** The client leaves once its request runs; then the engine has nothing to do. */
export async function leaves(
  target: Target,
  start: (signal: AbortSignal) => Promise<unknown>,
  isAbort: (thrown: unknown) => boolean,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await running(target, 0);
    const controller = new AbortController();
    const outcome = start(controller.signal).then(
      () => "whole" as const,
      (thrown: unknown) => ({ thrown }),
    );
    if (!(await seenRunning(target, outcome))) continue;
    controller.abort();
    const end = await outcome;
    assert.ok(end !== "whole", "the answer came whole");
    assert.ok(isAbort(end.thrown), `${String(end.thrown)} is no abort`);
    return running(target, 0);
  }
  assert.fail(`${ATTEMPTS} answers were over before the client could leave`);
}

class AnswerOver extends Error {}

/** False when the answer was over before. */
async function seenRunning(target: Target, outcome: Promise<unknown>): Promise<boolean> {
  let over = false;
  void outcome.then(() => (over = true));
  const check = (): void => {
    if (over) throw new AnswerOver();
  };
  try {
    await running(target, 1, { check });
    return true;
  } catch (thrown) {
    if (thrown instanceof AnswerOver) return false;
    throw thrown;
  }
}

/** An async iterable to its end. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
