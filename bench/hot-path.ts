// CPU of what the gateway's main thread does once a request, by step and body size, and once a chunk: prints nanoseconds an operation.
import type { ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { seededRandom } from "../src/core/index.ts";
import { KeptStream } from "../src/gateway/continuation/kept-stream.ts";
import { makeRelay } from "../src/gateway/make-relay.ts";
import type { Relay } from "../src/gateway/relay.ts";
import { memoryIndex } from "../src/kvindex/index.ts";
import { type BlockHashes, hashBlocks } from "../src/tokens/index.ts";
import { parseInferenceRequest, readTokenUsage, sessionKey, usageRestore } from "../src/vllm/index.ts";

const WORKERS = ["http://10.0.0.1:8000", "http://10.0.0.2:8000", "http://10.0.0.3:8000", "http://10.0.0.4:8000"];
const BLOCK = 16;
const SESSIONS = 64;
const ROUNDS = 9;
const ROUND_MICROS = 40_000;

const random = seededRandom("hot path");
const seed = { model: "m" };

/** Median of some rounds of CPU time: other work on the machine disturbs single ones. */
function measure(name: string, run: () => unknown): void {
  const calls = Math.max(500, Math.round((2000 * ROUND_MICROS) / Math.max(1000, cpuMicros(run, 2000))));
  const rounds = Array.from({ length: ROUNDS }, () => (1000 * cpuMicros(run, calls)) / calls);
  print(name, rounds);
}

function print(name: string, rounds: readonly number[]): void {
  const median = rounds.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
  process.stdout.write(`${name.padEnd(32)} ${median.toFixed(0).padStart(8)} ns\n`);
}

function cpuMicros(run: () => unknown, calls: number): number {
  const from = process.threadCpuUsage();
  for (let i = 0; i < calls; i++) run();
  const { user, system } = process.threadCpuUsage(from);
  return Math.max(1, user + system);
}

function prose(length: number): string {
  let text = "";
  while (text.length < length) text += `${random.int(1e9).toString(36)} `;
  return text.slice(0, length);
}

function chat(bytes: number): Buffer {
  const content = prose(bytes - 120);
  return Buffer.from(
    JSON.stringify({ model: "m", messages: [{ role: "user", content }], max_tokens: 8, stream: false }),
  );
}

/** Prompts whose first four fifths are a session's and were seen before, the rest new. */
function prompts(tokens: number, count: number): BlockHashes[] {
  const seen = Math.floor(tokens * 0.8);
  const heads = Array.from({ length: SESSIONS }, () => Int32Array.from({ length: seen }, () => random.int(128_000)));
  return Array.from({ length: count }, (_, i) => {
    const ids = Int32Array.from({ length: tokens }, () => random.int(128_000));
    ids.set(heads[i % SESSIONS] ?? []);
    return hashBlocks(ids, BLOCK, seed);
  });
}

/** Requests come 1 ms apart and go to the worker with the longest run. */
function routed(tokens: number, count: number): () => void {
  const index = memoryIndex({ maxBytes: 64e6, ttlSeconds: 600, seedOf: () => seed });
  const asked = prompts(tokens, count);
  let now = 0;
  return () => {
    const hashes = asked[now % count];
    if (hashes === undefined) return;
    now++;
    const runs = index.overlap(hashes, WORKERS, now);
    let best = now % WORKERS.length;
    for (let i = 0; i < WORKERS.length; i++) if ((runs[i] ?? 0) > (runs[best] ?? 0)) best = i;
    index.predict(WORKERS[best] ?? "", hashes, now);
  };
}

function reply(bytes: number): Buffer {
  const content = prose(bytes);
  const usage = { prompt_tokens: 500, total_tokens: 508, completion_tokens: 8, prompt_tokens_details: null };
  const choices = [
    { index: 0, message: { role: "assistant", content, tool_calls: [] }, finish_reason: "stop", stop_reason: null },
  ];
  const head = { id: "chatcmpl-1", object: "chat.completion", created: 1, model: "m", choices };
  const tail = { service_tier: null, system_fingerprint: "vllm-0.32.0", usage, prompt_logprobs: null };
  return Buffer.from(JSON.stringify({ ...head, ...tail, kv_transfer_params: null }));
}

for (const [size, tokens] of [
  [200, 64],
  [2000, 512],
  [16_000, 4096],
] as const) {
  const body = chat(size);
  const request = parseInferenceRequest(body);
  measure(`overlap + predict ${size} B`, routed(tokens, 1024));
  measure(`overlap + predict ${size} B, repeated`, routed(tokens, SESSIONS));
  measure(`parseInferenceRequest ${size} B`, () => parseInferenceRequest(body));
  measure(`sessionKey ${size} B`, () => sessionKey(request, {}));
}
for (const size of [40, 2000]) {
  const body = reply(size);
  measure(`readTokenUsage ${body.length} B`, () => readTokenUsage(body));
}
const event = Buffer.from(
  'data: {"choices":[],"usage":{"prompt_tokens":10,"total_tokens":13,"completion_tokens":3}}\n\n',
);
const data = event.subarray(6, -2);
measure("usageRestore, one stream", () => {
  const restore = usageRestore({ fingerprint: '"vllm-0.32.0"' });
  restore.event(event, data);
  return restore.end();
});

/** A stream on its way to a socket that takes everything. */
function relay(): Relay {
  const socket = { writable: true, write: () => true };
  const response = { socket, write: () => true, chunkedEncoding: true, writableEnded: false, destroyed: false };
  const sink = { onToken() {}, onFull() {}, onRoom() {} };
  const parts = { response: response as unknown as ServerResponse, sink };
  return makeRelay(parts, { events: true, restored: true, fingerprint: '"vllm-0.32.0"' });
}

/** The same, of a stream that would be continued. */
function kept(): Relay {
  const settings = { mode: "exact", maxPerRequest: 3, maxTokens: 131_072 } as const;
  const plan = { route: "chat", exact: true, byText: false, hold: 0, lag: 0, ownIds: false, settings } as const;
  return new KeptStream({ relay: relay(), plan, onFault: () => true });
}

const head = '"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1795424400,"model":"m"';
const STREAMS = 200;
const CHUNKS = 200;

/** The loop turns between streams, so that what waits for the end of a turn does not pile up. */
async function chunkNanos(stream: () => Relay, chunk: Buffer): Promise<number> {
  const from = process.threadCpuUsage();
  for (let nth = 0; nth < STREAMS; nth++) {
    const one = stream();
    for (let i = 0; i < CHUNKS; i++) {
      one.write(chunk, i);
      // What the end of a turn does.
      one.finish();
    }
    await setImmediate();
  }
  const { user, system } = process.threadCpuUsage(from);
  return (1000 * (user + system)) / (STREAMS * CHUNKS);
}

for (const [name, stream, ids] of [
  ["relay, one chunk", relay, "null"],
  ["kept stream, one chunk", kept, "[106284]"],
] as const) {
  const choice = `{"index":0,"delta":{"content":"tok "},"logprobs":null,"finish_reason":null,"token_ids":${ids}}`;
  const chunk = Buffer.from(`data: {${head},"choices":[${choice}]}\n\n`);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await chunkNanos(stream, chunk));
  print(name, rounds);
}
