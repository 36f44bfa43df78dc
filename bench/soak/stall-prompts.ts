// Bodies of a given size that stress different parts: text, escapes, wide text, many turns, token ids, bad JSON.

export interface StallPrompt {
  readonly name: string;
  readonly path: string;
  /** No two runs alike, so that no cache helps. */
  readonly body: (bytes: number, run: number) => Buffer;
}

export const PROMPT_MODEL = "long";

const CHAT = "/v1/chat/completions";
const TURN_BYTES = 64;
const ID_BYTES = 6;

export const STALL_PROMPTS: readonly StallPrompt[] = [
  { name: "text", path: CHAT, body: (bytes, run) => chat(bytes, `run ${run} `, "hello worlds ") },
  // Longer text than about two million characters is not tokenised, so this one asks more of the gateway.
  { name: "text, half as long", path: CHAT, body: (bytes, run) => chat(bytes / 2.2, `run ${run} `, "hello worlds ") },
  { name: "quotes and line ends", path: CHAT, body: (bytes, run) => chat(bytes, `run ${run} `, 'he said "x"\n') },
  { name: "Japanese", path: CHAT, body: (bytes, run) => chat(bytes, `run ${run} `, "日本語テキスト") },
  { name: "many short turns", path: CHAT, body: turns },
  { name: "token ids", path: "/v1/completions", body: tokenIds },
  {
    name: "no JSON",
    path: CHAT,
    body: (bytes, run) => chat(bytes, `run ${run} `, "hello worlds ").subarray(0, -1),
  },
];

function chat(bytes: number, start: string, piece: string): Buffer {
  const content = start + piece.repeat(Math.ceil(bytes / (Buffer.byteLength(JSON.stringify(piece)) - 2)));
  return json({ messages: [{ role: "user", content }] });
}

function turns(bytes: number, run: number): Buffer {
  const messages = Array.from({ length: Math.ceil(bytes / TURN_BYTES) }, (_, i) => ({
    role: i % 2 === 0 ? "user" : "assistant",
    content: `this is turn ${i} of ${run}, not long`,
  }));
  return json({ messages });
}

function tokenIds(bytes: number, run: number): Buffer {
  return json({ prompt: Array.from({ length: bytes / ID_BYTES }, (_, i) => 10_000 + ((i * 7919 + run) % 90_000)) });
}

function json(fields: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(JSON.stringify({ model: PROMPT_MODEL, max_tokens: 4, ...fields }));
}
