// The kinds of requests of the mixed load: how often, what is sent, which answers are right, when the client leaves.
import type { Random } from "../../src/core/index.ts";

export interface SoakRequest {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly stream: boolean;
  /** Right ones beside the status of an injected fault. */
  readonly statuses: readonly number[];
  /** Whether a worker sees it, and so may fail on purpose. */
  readonly worker: boolean;
  /** The client leaves after this many ms. */
  readonly leaveAfterMs: number | undefined;
}

type Kind = Omit<SoakRequest, "kind" | "body"> & {
  readonly share: number;
  readonly body: (about: About) => string | undefined;
};

interface About {
  readonly model: string;
  readonly random: Random;
}

/** Beyond it a prompt is read in a thread. */
const LONG_CHARACTERS = 100_000;
const CHAT = "/v1/chat/completions";
const OK = { method: "POST", stream: false, statuses: [200], worker: true, leaveAfterMs: undefined };
const REFUSED = { ...OK, worker: false };

const KINDS: Readonly<Record<string, Kind>> = {
  unary: { ...OK, share: 36, path: CHAT, body: chat({ max_tokens: 8 }) },
  stream: { ...OK, share: 24, path: CHAT, stream: true, body: chat({ max_tokens: 24, stream: true }) },
  "stream with usage": {
    ...OK,
    share: 4,
    path: CHAT,
    stream: true,
    body: chat({ max_tokens: 8, stream: true, stream_options: { include_usage: true } }),
  },
  completion: {
    ...OK,
    share: 8,
    path: "/v1/completions",
    body: ({ model, random }) => JSON.stringify({ model, prompt: prose(random, 600), max_tokens: 4 }),
  },
  message: { ...OK, share: 3, path: "/v1/messages", body: chat({ max_tokens: 8 }) },
  "long prompt": { ...OK, share: 0.5, path: CHAT, body: chat({ max_tokens: 2 }, LONG_CHARACTERS) },
  "left while streaming": {
    ...OK,
    share: 5,
    path: CHAT,
    stream: true,
    body: chat({ max_tokens: 2000, stream: true }),
    leaveAfterMs: 80,
  },
  "left before the answer": { ...OK, share: 3, path: CHAT, body: chat({ max_tokens: 2000 }), leaveAfterMs: 5 },
  "list of models": { ...REFUSED, share: 8, method: "GET", path: "/v1/models", body: () => undefined },
  "no JSON": { ...REFUSED, share: 3, path: CHAT, statuses: [400], body: () => '{"model": "a", ' },
  "refused by the worker": {
    ...OK,
    share: 2,
    path: CHAT,
    statuses: [400],
    body: chat({ max_tokens: -1 }),
  },
  "unknown model": {
    ...REFUSED,
    share: 2,
    path: CHAT,
    statuses: [404],
    body: ({ random }) => chat({})({ model: `nobody-${random.int(1e9)}`, random }),
  },
  "unknown path": { ...REFUSED, share: 1.5, path: "/v1/nothing", statuses: [404], body: () => "{}" },
};

const TOTAL = Object.values(KINDS).reduce((sum, { share }) => sum + share, 0);

export function nextRequest(about: About): SoakRequest {
  let at = about.random.next() * TOTAL;
  for (const [kind, { share, body, ...rest }] of Object.entries(KINDS)) {
    at -= share;
    if (at < 0) return { ...rest, kind, body: body(about) };
  }
  throw new Error("the shares do not add up");
}

export function oneOfEach(about: About): SoakRequest[] {
  return Object.entries(KINDS).map(([kind, one]) => ({ ...one, kind, body: one.body(about) }));
}

function chat(fields: Readonly<Record<string, unknown>>, characters = 900) {
  return ({ model, random }: About): string =>
    JSON.stringify({
      model,
      messages: [
        // One of a few sessions first, so that the cache is hit, then something new.
        { role: "system", content: SESSIONS[random.int(SESSIONS.length)] },
        { role: "user", content: prose(random, characters) },
      ],
      ...fields,
    });
}

const SESSIONS = Array.from(
  { length: 32 },
  (_, i) => `You are assistant number ${i}. ${"Answer in one line. ".repeat(40)}`,
);

function prose(random: Random, characters: number): string {
  let text = "";
  while (text.length < characters) text += `${WORDS[random.int(WORDS.length)] ?? ""} `;
  return text;
}

const WORDS =
  "the of a request worker stream token cache latency prompt answer gateway measure 日本 naïve “quoted”".split(" ");
