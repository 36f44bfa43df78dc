// The recording of two real vLLM with NIXL behind the gateway (scripts/vllm/nixl-record.ts): what the simulated engines promise holds there.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { plain } from "./pd-gateway.ts";

const FILE = join(import.meta.dirname, "real-nixl.json");

interface Recorded {
  readonly name: string;
  readonly pair: { readonly status: number; readonly body: string };
  readonly alone: { readonly status: number; readonly body: string };
  readonly legs: readonly { readonly part?: string; readonly failure: string | null }[];
  readonly moved: number;
}

test("two real vLLM answer as one, and KV moves", { skip: !existsSync(FILE) && "not recorded" }, () => {
  const { versions, recorded } = JSON.parse(readFileSync(FILE, "utf8")) as {
    versions: readonly string[];
    recorded: readonly Recorded[];
  };
  assert.deepEqual(versions, [versions[0], versions[0]]);
  assert.ok(recorded.length >= 4);
  for (const { name, pair, alone, legs, moved } of recorded) {
    assert.deepEqual([pair.status, alone.status], [200, 200], name);
    assert.deepEqual(said(pair.body), said(alone.body), name);
    assert.deepEqual(
      legs.map(({ part, failure }) => [part, failure]),
      [
        ["prefill", null],
        ["decode", null],
      ],
      name,
    );
    assert.ok(moved > 100, `${name}: ${moved} tokens`);
  }
});

interface Event {
  readonly choices: readonly {
    readonly delta: { readonly content?: string };
    readonly logprobs: { readonly content: readonly unknown[] } | null;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: object;
}

/** Of a stream what it adds up to: vLLM puts tokens together that wait for a slow reader. */
function said(body: string): unknown {
  if (!body.startsWith("data:")) return plain(body);
  const events = body
    .split("\n\n")
    .filter((one) => one.startsWith("data: {"))
    .map((one) => JSON.parse(one.slice(6)) as Event);
  const choices = events.flatMap((one) => one.choices);
  return {
    text: choices.map(({ delta }) => delta.content ?? "").join(""),
    logprobs: choices.flatMap(({ logprobs }) => logprobs?.content ?? []),
    finish: choices.map(({ finish_reason: finish }) => finish).filter((one) => one !== null),
    usage: events.map(({ usage }) => usage).filter((one) => one !== undefined),
    done: body.trimEnd().endsWith("data: [DONE]"),
  };
}
