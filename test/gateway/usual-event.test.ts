// Events that differ in text and token id alone: what the client gets is what a close look at each of them gives.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import * as fc from "fast-check";
import { KeptStream } from "../../src/gateway/continuation/kept-stream.ts";
import { makeRelay } from "../../src/gateway/make-relay.ts";

type Route = "chat" | "completion";

interface Scene {
  readonly route: Route;
  readonly ownIds: boolean;
  readonly texts: readonly string[];
  readonly ids: readonly number[];
}

function eventsOf({ route, texts, ids }: Scene): string[] {
  const prompt =
    '{"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"prompt_token_ids":[1,2]}';
  const tokens = texts.map((text, i) => {
    const body = JSON.stringify(text);
    const said = route === "chat" ? `"delta":{"content":${body}}` : `"text":${body}`;
    return `{"id":"x","choices":[{"index":0,${said},"logprobs":null,"finish_reason":null,"token_ids":[${ids[i] ?? 7}]}]}`;
  });
  return [prompt, ...tokens].map((data) => `data: ${data}\n\n`);
}

function relayTo(written: Buffer[]) {
  const write = (bytes: Buffer | string) => {
    written.push(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : Buffer.from(bytes));
    return true;
  };
  const response = { write, socket: null, writableEnded: false } as unknown as ServerResponse;
  let tokens = 0;
  const sink = { onToken: () => void (tokens += 1), onFull() {}, onRoom() {} };
  const relay = makeRelay({ response, sink }, { events: true, restored: true, fingerprint: null });
  return { relay, tokens: () => tokens };
}

const texts = fc.array(
  fc.oneof(
    fc.string({ unit: "binary", minLength: 1 }),
    fc.constantFrom('"', "\\", '\\"', "é", "🦆", "\n", "token_ids"),
  ),
  { minLength: 1, maxLength: 20 },
);
const scene = fc.record({
  route: fc.constantFrom<Route>("chat", "completion"),
  ownIds: fc.boolean(),
  texts,
  ids: fc.array(fc.nat(2 ** 31 - 1), { maxLength: 20 }),
});

test("a kept stream: ids are taken out, and kept beside, whatever the text is", () => {
  fc.assert(
    fc.property(scene, (one) => {
      const { route, ownIds, ids } = one;
      const written: Buffer[] = [];
      const { relay, tokens } = relayTo(written);
      const settings = { mode: "exact", maxPerRequest: 3, maxTokens: 1000 } as const;
      const plan = { route, exact: true, byText: false, hold: 0, lag: 0, ownIds, settings };
      const stream = new KeptStream({ relay, plan, onFault: () => true });
      const events = eventsOf(one);
      for (const event of events) stream.write(Buffer.from(event), 0);
      stream.finish();
      const without = events.map((event) =>
        event.replace(/("(?:prompt_)?token_ids":)\[[\d,]*\](?=[}\]]*\n)/, "$1null"),
      );
      assert.equal(Buffer.concat(written).toString(), (ownIds ? events : without).join("").replaceAll(NO_NULLS, ""));
      assert.equal(stream.outputIds.text(), one.texts.map((_, i) => ids[i] ?? 7).join(","));
      assert.deepEqual([stream.cut.tokens, tokens()], [one.texts.length, one.texts.length]);
    }),
  );
});

/** The event of the prompt has no nulls: a worker that writes none leaves the member out. */
const NO_NULLS = /,"prompt_token_ids":null/g;

test("a relayed stream: the bytes are the worker's, one of them changed or in any chunking", () => {
  const change = fc.record({
    at: fc.nat(),
    byte: fc.nat(255),
    size: fc.integer({ min: 1, max: 400 }),
    whole: fc.boolean(),
  });
  fc.assert(
    fc.property(scene, change, (one, { at, byte, size, whole }) => {
      const events = eventsOf(one).map((event) => Buffer.from(event));
      const changed = events[at % events.length];
      assert.ok(changed);
      changed[at % changed.length] = byte;
      const bytes = Buffer.concat(events);
      const pieces = whole
        ? events
        : Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
      const written: Buffer[] = [];
      const { relay } = relayTo(written);
      for (const piece of pieces) relay.write(piece, 0);
      const got = Buffer.concat(written);
      relay.finish();
      const all = Buffer.concat(written);
      assert.ok(got.equals(all.subarray(0, got.length)));
      // An event that has not ended says nothing and is not passed on.
      assert.ok(bytes.subarray(0, all.length).equals(all) && bytes.length - all.length < 500);
    }),
  );
});
