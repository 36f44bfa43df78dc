// An edited body says what the edited object says, and every byte that was not edited is the client's.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SwitchgearError } from "../../src/core/index.ts";
import { type BodyEdit, editBody, editBodyWithin } from "../../src/vllm/index.ts";
import { jsonMembers } from "../../src/vllm/json-members.ts";

const edit = (body: string, change: BodyEdit): string => editBody(Buffer.from(body), change).toString();

test("numbers, spaces and order stay as they were", () => {
  const body = ' {"seed": 9007199254740993,\t"t":1.0, "user":"x" ,"z":[1.0, {"user":2}]} ';
  assert.equal(edit(body, { remove: ["user"] }), ' {"seed": 9007199254740993,\t"t":1.0 ,"z":[1.0, {"user":2}]} ');
});

test("every duplicate goes, also one spelt with escapes", () => {
  assert.equal(edit('{"a":1,"model":"x","b":2,"\\u006dodel":"y"}', { remove: ["model"] }), '{"a":1,"b":2}');
  assert.equal(edit('{"model":1,"\\u006d\\u006fdel":2}', { remove: ["model"] }), "{}");
});

test("a set value takes the place of the last duplicate, or comes last", () => {
  assert.equal(edit('{"p":1,"a":0,"p" : 2}', { set: { p: "9" } }), '{"a":0,"p" : 9}');
  assert.equal(edit('{"a":0}', { set: { p: '"x"' } }), '{"a":0,"p":"x"}');
  assert.equal(edit("{}", { set: { p: "1" } }), '{"p":1}');
  assert.equal(edit('{ "q":1 }', { remove: ["q"], set: { p: "1" } }).replaceAll(" ", ""), '{"p":1}');
});

test("a merge keeps the other members of the object", () => {
  const merge = { stream_options: { include_usage: "true" } };
  assert.equal(edit('{"stream":true}', { merge }), '{"stream":true,"stream_options":{"include_usage":true}}');
  assert.equal(
    edit('{"stream_options": {"x": 1.0}}', { merge }),
    '{"stream_options": {"x": 1.0,"include_usage":true}}',
  );
  assert.equal(
    edit('{"stream_options":{"include_usage":false,"x":1}}', { merge }),
    '{"stream_options":{"include_usage":true,"x":1}}',
  );
  assert.equal(edit('{"stream_options":{ }}', { merge }), '{"stream_options":{ "include_usage":true}}');
  assert.equal(edit('{"stream_options":null}', { merge }), '{"stream_options":{"include_usage":true}}');
});

test("an item is appended to an array as it stands, also to an empty one; what is no array becomes one", () => {
  const append = { m: '{"x":1}' };
  assert.equal(edit('{"m": [1.0, [2] ] ,"z":0}', { append }), '{"m": [1.0, [2] ,{"x":1}] ,"z":0}');
  assert.equal(edit('{"m":[ ]}', { append }), '{"m":[ {"x":1}]}');
  assert.equal(edit('{"m":null}', { append }), '{"m":[{"x":1}]}');
  assert.equal(edit("{}", { append }), '{"m":[{"x":1}]}');
});

test("nothing to do gives the same bytes", () => {
  const bytes = Buffer.from('{"a":1}');
  assert.equal(editBody(bytes, { remove: ["b"] }).buffer, bytes.buffer);
});

test("brackets and quotes inside strings are text", () => {
  const body = '{"a":"}]\\\\\\"{","b":["\\\\"],"user":"\\"","c":"{"}';
  assert.deepEqual(JSON.parse(edit(body, { remove: ["user"] })), { a: '}]\\"{', b: ["\\"], c: "{" });
});

test("a million levels deep is passed over", () => {
  const deep = `{"a":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)},"user":1}`;
  assert.equal(edit(deep, { remove: ["user"] }), deep.replace(',"user":1', ""));
});

const KEYS = ["model", "user", "stream_options", "messages", "a", "é\n", "__proto__", ""];
const member = fc.tuple(
  fc.constantFrom(...KEYS),
  fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom("include_usage", "x", "y"), fc.jsonValue())),
  fc.boolean(),
);
const space = fc.constantFrom("", " ", "\n\t");
const document = fc.tuple(fc.array(member, { maxLength: 8 }), space).map(([members, gap]) => {
  const inner = members.map(
    ([key, value, escaped]) => `${gap}${keyText(key, escaped)}${gap}:${gap}${JSON.stringify(value)}${gap}`,
  );
  return `${gap}{${inner.join(",")}${members.length === 0 ? gap : ""}}${gap}`;
});
const change = fc.record({
  remove: fc.uniqueArray(fc.constantFrom("model", "user", "a"), { maxLength: 3 }),
  set: fc.dictionary(
    fc.constantFrom("é\n", "", "new"),
    fc.jsonValue().map((value) => JSON.stringify(value)),
  ),
  merge: fc.constantFrom<Record<string, Record<string, string>>>({}, { stream_options: { include_usage: "true" } }),
  append: fc.constantFrom<Record<string, string>>({}, { messages: '{"role":"x"}' }),
});

function keyText(key: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(key);
  return `"${Array.from(key, (char) => char)
    .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("")}"`;
}

/** The same edit on the parsed object. */
function edited(body: string, { remove, set, merge, append }: Required<BodyEdit>): unknown {
  const entries = new Map(Object.entries(JSON.parse(body) as object) as [string, unknown][]);
  for (const key of remove) entries.delete(key);
  for (const [key, inner] of Object.entries(merge)) {
    const old = entries.get(key);
    const kept = typeof old === "object" && old !== null && !Array.isArray(old) ? Object.entries(old) : [];
    const added = Object.entries(inner).map(([name, json]): [string, unknown] => [name, JSON.parse(json)]);
    entries.set(key, Object.fromEntries([...kept, ...added]));
  }
  for (const [key, json] of Object.entries(append)) {
    const old = entries.get(key);
    entries.set(key, [...(Array.isArray(old) ? (old as unknown[]) : []), JSON.parse(json)]);
  }
  for (const [key, json] of Object.entries(set)) entries.set(key, JSON.parse(json));
  return Object.fromEntries(entries);
}

test("the edited bytes parse to the edited object, and members not named keep their bytes", () => {
  fc.assert(
    fc.property(document, change, (body, wanted) => {
      const after = editBody(Buffer.from(body), wanted);
      assertSameWithin(Buffer.from(body), wanted, after);
      assert.deepEqual(JSON.parse(after.toString()), edited(body, wanted));
      assert.deepEqual(untouched(after, wanted), untouched(Buffer.from(body), wanted));
    }),
    { numRuns: 1000 },
  );
});

function untouched(bytes: Buffer, { remove, set, merge, append }: Required<BodyEdit>): string[] {
  const named = new Set([...remove, ...Object.keys(set), ...Object.keys(merge), ...Object.keys(append)]);
  return jsonMembers(bytes)
    .members.filter((one) => !named.has(one.key))
    .map((one) => bytes.toString("latin1", one.keyStart, one.valueEnd));
}

/** Longer than what is remembered of a body at the least. */
const long = fc
  .array(fc.constantFrom("}]", '"', "\\\\", "é", "x"), { minLength: 1, maxLength: 5 })
  .map((parts) => JSON.stringify(parts.join("").repeat(5000)));
const longDocument = fc
  .array(
    fc.tuple(
      fc.constantFrom(...KEYS),
      fc.oneof(
        long,
        long.map((text) => `[${text}]`),
        fc.constantFrom("1", "{}"),
      ),
    ),
    {
      maxLength: 6,
    },
  )
  .map((members) => `{${members.map(([key, json]) => `${JSON.stringify(key)}: ${json}`).join(" ,")}}`);

test("what is remembered of an edited body is where its values stand", () => {
  fc.assert(
    fc.property(longDocument, fc.array(change, { minLength: 1, maxLength: 3 }), (text, changes) => {
      let body: Buffer = Buffer.from(text);
      for (const wanted of changes) {
        body = editBody(body, wanted);
        assert.deepEqual(jsonMembers(body), jsonMembers(Buffer.from(body)));
        const room = Buffer.concat([body, Buffer.alloc(500)]);
        const within = editBodyWithin({ room, length: body.length }, wanted);
        assert.deepEqual(jsonMembers(within), jsonMembers(Buffer.from(within)));
      }
    }),
    { numRuns: 200 },
  );
});

test("long values are looked through once: afterwards their bytes are passed over, through any number of edits", () => {
  const prompt = '"'.repeat(10_000);
  const body = Buffer.from(`{"model":"a","prompt":"${"x".repeat(10_000)}","user":"u"}`);
  const first = editBody(body, { set: { model: '"longer"' }, remove: ["user"] });
  // Whoever looked there would find the end of the value at once, and then no JSON.
  first.fill('"', first.indexOf("xxx"), first.lastIndexOf("xxx") + 3);
  const second = editBody(editBody(first, { set: { n: "1" } }), { remove: ["n"], set: { model: '"b"' } });
  assert.equal(second.toString(), `{"model":"b","prompt":"${prompt}"}`);
});

test("any bytes give bytes or the typed error", () => {
  const soup = fc
    .array(fc.constantFrom("{", "}", "[", "]", '"', "\\", ",", ":", "a", "1", " ", "model", '"model":'), {
      maxLength: 20,
    })
    .map((parts) => Buffer.from(parts.join("")));
  fc.assert(
    fc.property(fc.oneof(soup, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      try {
        editBody(bytes, { remove: ["model"], set: { n: "1" }, merge: { a: { b: "1" } } });
      } catch (thrown) {
        assert.ok(thrown instanceof SwitchgearError && thrown.code === "SWG_REQUEST_INVALID", String(thrown));
      }
    }),
    { numRuns: 2000 },
  );
});

/** With too little room, just enough, and more; of what is after the body nothing is read. */
function assertSameWithin(body: Buffer, wanted: BodyEdit, expected: Buffer): void {
  for (const spare of [0, Math.max(0, expected.length - body.length), 500]) {
    const room = Buffer.concat([body, Buffer.alloc(spare, '"')]);
    assert.deepEqual(editBodyWithin({ room, length: body.length }, wanted), expected);
  }
}
