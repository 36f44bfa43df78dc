// The prompts of the proxy benchmark have the size and the share of seen text that the targets speak of.
import assert from "node:assert/strict";
import { test } from "node:test";
import { promptSource } from "../../bench/proxy/prompts.ts";

const shape = { bytes: 2000, unique: false, stream: false };

test("bodies are JSON of the asked size", () => {
  for (const bytes of [200, 2000, 16_000]) {
    const body = promptSource({ ...shape, bytes }, "a").next();
    assert.equal(body.length, bytes);
    assert.ok(Array.isArray(JSON.parse(body.toString()).messages));
  }
  assert.equal(
    JSON.parse(
      promptSource({ ...shape, stream: true }, "a")
        .next()
        .toString(),
    ).stream,
    true,
  );
});

test("a session's later prompts share more than 75 % with its earlier ones, and are not the same", () => {
  const first = promptSource(shape, "first").next();
  const later = promptSource(shape, "later").next();
  const shared = first.findIndex((byte, i) => byte !== later[i]);
  assert.ok(shared > 0.75 * first.length && shared < 0.9 * first.length, `${shared} of ${first.length}`);
});

test("unique prompts share nothing but the frame", () => {
  const source = promptSource({ ...shape, unique: true }, "a");
  const [one, other] = [source.next(), source.next()];
  assert.ok(one.findIndex((byte, i) => byte !== other[i]) < 100);
});
