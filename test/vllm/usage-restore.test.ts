// A client that did not ask for usage gets the bytes vLLM would have sent, and the gateway gets the usage.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  fingerprintOf,
  sseEvent,
  sseScanner,
  streamError,
  type UsageRestore,
  usageRestore,
  type UsageRestoreOptions,
} from "../../src/vllm/index.ts";
import { noFixtures, recordedReply } from "./fixtures.ts";

const FINGERPRINT = '"vllm-0.32.0-ded1d6b0"';

interface Relay {
  readonly bytes: string;
  readonly restore: UsageRestore;
  /** What each event made the client see, in order. */
  readonly steps: string[];
}

function relay(stream: string | Buffer, options: UsageRestoreOptions = {}): Relay {
  const restore = usageRestore(options);
  const steps: string[] = [];
  sseScanner().push(Buffer.from(stream), (raw, data) => steps.push(restore.event(raw, data)?.toString() ?? ""));
  steps.push(restore.end()?.toString() ?? "");
  return { bytes: steps.join(""), restore, steps };
}

interface StreamOptions {
  readonly usage: boolean;
  readonly choices?: number;
  readonly fingerprint?: string | undefined;
  readonly route?: "chat" | "completions";
}

/** A stream as vLLM writes it, with or without include_usage. */
function stream(options: StreamOptions): string {
  const { usage, choices = 1, fingerprint = FINGERPRINT, route = "chat" } = options;
  const head =
    route === "chat"
      ? '"id":"chatcmpl-1","object":"chat.completion.chunk"'
      : '"id":"cmpl-1","object":"text_completion"';
  const chunk = (index: number, text: string, finish: string | null): string => {
    const delta = route === "chat" ? `"delta":{"content":${JSON.stringify(text)}}` : `"text":${JSON.stringify(text)}`;
    const end = finish === null ? "null" : `"${finish}","stop_reason":null`;
    const tail = finish !== null && !usage && fingerprint !== "" ? `,"system_fingerprint":${fingerprint}` : "";
    return sseEvent(
      `{${head},"choices":[{"index":${index},${delta},"logprobs":null,"finish_reason":${end},"token_ids":null}]${tail}}`,
    );
  };
  const events: string[] = [];
  for (let round = 0; round < 3; round++) {
    // Choice i ends i rounds before the last possible one, so that ends lie among other choices' tokens.
    for (let i = 0; i < choices; i++)
      if (round <= 2 - (i % 2)) events.push(chunk(i, `t${round} "usage":{ }`, round === 2 - (i % 2) ? "length" : null));
  }
  const mark = fingerprint === "" ? "" : `,"system_fingerprint":${fingerprint}`;
  if (usage)
    events.push(
      sseEvent(`{${head},"choices":[],"usage":{"prompt_tokens":10,"total_tokens":13,"completion_tokens":3}${mark}}`),
    );
  return `${events.join("")}data: [DONE]\n\n`;
}

const kinds: [string, Omit<StreamOptions, "usage">][] = [
  ["a chat stream", {}],
  ["a completions stream", { route: "completions" }],
  ["three choices", { choices: 3 }],
  ["a server without a fingerprint", { fingerprint: "" }],
];
for (const [name, options] of kinds) {
  test(`${name} is restored, also when the fingerprint is known beforehand`, () => {
    const wanted = stream({ ...options, usage: false });
    const { bytes, restore } = relay(stream({ ...options, usage: true }));
    assert.equal(bytes, wanted);
    assert.deepEqual(restore.usage, { promptTokens: 10, completionTokens: 3, cachedTokens: undefined });
    const known = relay(stream({ ...options, usage: true }), { fingerprint: restore.fingerprint ?? null });
    assert.equal(known.bytes, wanted);
  });
}

test("only the last event waits, and nothing does when the fingerprint is known", () => {
  const shown = (options: UsageRestoreOptions) =>
    relay(stream({ usage: true }), options).steps.map((step) => step !== "");
  assert.deepEqual(shown({}), [true, true, false, true, true, false]);
  assert.deepEqual(shown({ fingerprint: FINGERPRINT }), [true, true, true, false, true, false]);
});

test("unchanged events are relayed as the very buffer", () => {
  const restore = usageRestore();
  const raw = Buffer.from(sseEvent('{"choices":[{"delta":{"content":"a"},"finish_reason":null}]}'));
  assert.equal(restore.event(raw, raw.subarray(6, -2)), raw);
});

test("an error in band, a cut stream and a server that ignores the option lose nothing", () => {
  const events = stream({ usage: true }).split(/(?<=\n\n)/);
  const broken = [...events.slice(0, 3), sseEvent(streamError("boom")), "data: [DONE]\n\n"].join("");
  assert.equal(relay(broken).bytes, broken);
  const cut = events.slice(0, 3).join("");
  assert.equal(relay(cut).bytes, cut);
  assert.equal(relay(cut).restore.usage, undefined);
  const ignored = stream({ usage: false });
  assert.equal(relay(ignored).bytes, ignored);
  assert.equal(relay(ignored, { fingerprint: FINGERPRINT }).bytes, ignored);
});

test("a server that forces usage on everyone is not undone", () => {
  const chunk = sseEvent(
    '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"total_tokens":2,"completion_tokens":1}}',
  );
  const forced = `${chunk}${sseEvent('{"choices":[],"usage":{"prompt_tokens":1,"total_tokens":2,"completion_tokens":1},"system_fingerprint":"x"}')}data: [DONE]\n\n`;
  for (const options of [{}, { fingerprint: '"x"' }]) {
    const { bytes, restore } = relay(forced, options);
    assert.equal(bytes, forced);
    assert.equal(restore.usage?.completionTokens, 1);
  }
});

test("what is held is bounded", () => {
  const events = stream({ usage: true, choices: 2 });
  const { bytes } = relay(events, { maxHeldBytes: 100 });
  assert.ok(bytes.includes("t2") && !bytes.includes('"choices":[]'));
});

test("tool calls and reasoning pass through", () => {
  const make = (usage: boolean): string => {
    const events = ['{"reasoning":"hm"}', '{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}'].map((delta) =>
      sseEvent(`{"choices":[{"index":0,"delta":${delta},"finish_reason":null}]}`),
    );
    const end = `{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls","stop_reason":null}]${usage ? "" : `,"system_fingerprint":${FINGERPRINT}`}}`;
    const last = usage
      ? sseEvent(
          `{"choices":[],"usage":{"prompt_tokens":1,"total_tokens":2,"completion_tokens":1},"system_fingerprint":${FINGERPRINT}}`,
        )
      : "";
    return `${events.join("")}${sseEvent(end)}${last}data: [DONE]\n\n`;
  };
  assert.equal(relay(make(true)).bytes, make(false));
});

test("any number of choices and any cut gives a prefix of the bytes without usage", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.nat({ max: 20 }), fc.boolean(), (choices, keep, known) => {
      const events = stream({ usage: true, choices }).split(/(?<=\n\n)/);
      const options = known ? { fingerprint: FINGERPRINT } : {};
      const whole = stream({ usage: false, choices });
      const { bytes } = relay(events.slice(0, keep).join(""), options);
      if (known || keep >= events.length - 1) assert.ok(whole.startsWith(bytes));
      assert.equal(
        whole
          .replaceAll(`,"system_fingerprint":${FINGERPRINT}`, "")
          .startsWith(bytes.replaceAll(`,"system_fingerprint":${FINGERPRINT}`, "")),
        true,
      );
    }),
  );
});

test("a recorded stream with usage is restored to the form of the one without", { skip: noFixtures }, () => {
  const plain = recordedReply("chat_stream_nousage").body.toString();
  const { bytes, restore } = relay(recordedReply("chat_stream_usage").body);
  assert.deepEqual(restore.usage, { promptTokens: 10, completionTokens: 3, cachedTokens: 0 });
  assert.equal(normal(bytes), normal(plain));
  assert.equal(restore.fingerprint, fingerprintOf(Buffer.from(plain)));
});

/** The two recordings differ in id, in text and in the number of tokens. */
function normal(text: string): string {
  const events = text
    .replace(/chatcmpl-\w+/g, "ID")
    .replace(/"content":"[^"]+"/g, '"content":"T"')
    .split("\n\n");
  return events.filter((event, i) => event !== events[i - 1]).join("\n\n");
}

test("recordings with two choices and of completions are restored", { skip: noFixtures }, () => {
  for (const name of ["chat_n2_stream", "completion_stream", "pd_decode2_stream"]) {
    const recorded = recordedReply(name).body.toString();
    const fingerprint = fingerprintOf(Buffer.from(recorded));
    const events = recorded.split(/(?<=\n\n)/).filter((event) => !event.includes('"choices":[]'));
    const wanted = events
      .map((event) =>
        /"finish_reason":"/.test(event) ? event.replace(/\}\n\n$/, `,"system_fingerprint":${fingerprint}}\n\n`) : event,
      )
      .join("");
    assert.equal(relay(recorded).bytes, wanted, name);
  }
});
