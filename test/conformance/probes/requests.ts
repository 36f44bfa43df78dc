// Request bodies that probes vary: short prompts (never cached), greedy, of a fixed length.
import { MODEL } from "../target.ts";

export const CHAT = "/v1/chat/completions";
export const COMPLETIONS = "/v1/completions";

const SAY_HI = [{ role: "user", content: "Say hi" }];

export function chat(more: object = {}): object {
  return { model: MODEL, messages: SAY_HI, max_tokens: 4, temperature: 0, ignore_eos: true, ...more };
}

export function completion(more: object = {}): object {
  return { model: MODEL, prompt: "Hello world", max_tokens: 4, temperature: 0, ignore_eos: true, ...more };
}

export const WITH_USAGE = { stream: true, stream_options: { include_usage: true } };
