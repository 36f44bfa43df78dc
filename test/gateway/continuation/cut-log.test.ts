// Where a stream can be taken up, against workers whose tokens split characters and who hold text back for stop strings.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { CutLog } from "../../../src/gateway/continuation/cut-log.ts";

interface Told {
  readonly text: string;
  /** Tokens of this event. */
  readonly count: number;
}

/** Bytes of the text in pieces: tokens, which may end inside a character. */
type Tokens = readonly Buffer[];

/** What a worker sends that goes on after `from` tokens: whole characters only, and all but the last `hold` of them. */
function worker(
  tokens: Tokens,
  { from, hold, merge }: { from: number; hold: number; merge: readonly number[] },
): Told[] {
  const told: Told[] = [];
  let sent = 0;
  let whole: readonly string[] = [];
  let made = from;
  for (let nth = 0; made < tokens.length; nth++) {
    const count = Math.min(merge[nth % merge.length] ?? 1, tokens.length - made);
    made += count;
    const text = Buffer.concat(tokens.slice(from, made)).toString();
    // As vLLM's detokenizer: nothing at all while the end is not a whole character.
    if (!text.endsWith("\ufffd")) whole = Array.from(text);
    const upTo = Math.max(sent, whole.length - hold);
    told.push({ text: whole.slice(sent, upTo).join(""), count });
    sent = upTo;
  }
  return told;
}

function split(text: string, sizes: readonly number[]): Tokens {
  const bytes = Buffer.from(text);
  const tokens: Buffer[] = [];
  for (let at = 0, nth = 0; at < bytes.length; nth++) {
    const size = sizes[nth % sizes.length] ?? 1;
    tokens.push(bytes.subarray(at, at + size));
    at += size;
  }
  return tokens;
}

const scene = fc.record({
  text: fc.array(fc.constantFrom("a", "b", " ", "é", "漢", "🦆", "👩‍🚀"), { minLength: 1, maxLength: 40 }),
  sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 7 }),
  hold: fc.integer({ min: 0, max: 6 }),
  kills: fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }),
});

test("lost after any event, any number of times: the client has the text once, and no cut lies inside a character", () => {
  fc.assert(
    fc.property(scene, ({ text, sizes, hold, kills }) => {
      const tokens = split(text.join(""), sizes);
      const log = new CutLog(hold);
      let client = "";
      let made = 0;
      for (const lives of [...kills, Number.POSITIVE_INFINITY]) {
        const before = Buffer.concat(tokens.slice(0, log.tokens)).toString();
        assert.ok(!before.endsWith("\ufffd"), "a cut inside a character");
        made = log.tokens;
        for (const { text: piece, count } of worker(tokens, { from: made, hold, merge: [1] }).slice(0, lives)) {
          made += count;
          if (piece === "") continue;
          if (log.plain) {
            log.addPlain(made);
            client += piece;
          } else client += log.add(piece, made, true) ?? assert.fail("a contradiction");
        }
        if (lives !== Number.POSITIVE_INFINITY) log.resume();
      }
      const all = Array.from(text.join(""));
      assert.equal(client, all.slice(0, Math.max(0, all.length - hold)).join(""));
    }),
    { numRuns: 2000 },
  );
});

test("events of several tokens: the cut is the end of one after which more text has come", () => {
  const log = new CutLog(0);
  assert.equal(log.add("ab", 3, false), "ab");
  assert.deepEqual([log.tokens, log.tail], [0, "ab"]);
  assert.equal(log.add("cd", 6, false), "cd");
  assert.deepEqual([log.tokens, log.tail], [3, "cd"]);
  log.resume();
  assert.equal(log.add("c", 4, true), "");
  assert.equal(log.add("de", 6, true), "e");
  assert.deepEqual([log.tokens, log.tail], [6, ""]);
});

test("a worker that makes other text is found out at the first character", () => {
  const log = new CutLog(0);
  log.add("ab", 3, false);
  log.resume();
  assert.equal(log.add("ax", 3, false), undefined);
});
