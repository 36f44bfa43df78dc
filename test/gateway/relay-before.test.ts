// Relays before other relays say of an answer what the last one saw of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RenamingRelay } from "../../src/gateway/arms/renaming-relay.ts";
import { CachedRelay } from "../../src/gateway/disaggregated/cached-relay.ts";
import type { Relay } from "../../src/gateway/relay.ts";

const SEEN = {
  usage: { promptTokens: 1, completionTokens: 2, cachedTokens: 0 },
  finishReason: "abort",
  failedInBand: true,
  overloadedInBand: true,
  atBoundary: true,
  fingerprint: "f",
};
const INNER: Relay = { ...SEEN, write: () => undefined, finish: () => undefined };

for (const [name, relay] of [
  ["a renamed answer", new RenamingRelay(INNER, { from: "theirs", to: "ours" })],
  ["a split answer", new CachedRelay(INNER, { cached: 0, created: undefined }, true)],
] as const)
  test(`${name}: a full worker is not taken for a broken one`, () => {
    const { usage, finishReason, failedInBand, overloadedInBand, atBoundary, fingerprint } = relay;
    assert.deepEqual({ usage, finishReason, failedInBand, overloadedInBand, atBoundary, fingerprint }, SEEN);
  });
