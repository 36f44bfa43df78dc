// The thread of long-bodies.ts: parses, and hands back what the gateway looks at without the prompt.
import { parentPort } from "node:worker_threads";
import { type Numbered, yieldThread } from "../../core/index.ts";
import { type InferenceRequest, jsonMembers, type JsonMembers, type JsonObject, openingKey } from "../../vllm/index.ts";
import { hasMedia, isSeveral } from "../continuation/features.ts";
import { refusal } from "../refusal.ts";
import type { LongBodyAnswer, Parsed } from "./long-bodies.ts";
import { readRequest } from "./read-request.ts";

/** Where prompts are; nothing else of a request is long. */
const PROMPTS = new Set(["messages", "prompt", "input", "system", "instructions", "tools", "documents"]);
const LONG_VALUE_BYTES = 4096;
/** Each would cost time again on the way to the other thread: these are parsed there once more, in some 10 ms. */
const HANDED_OVER = 1000;
/** More would stall the streams of all others, there and in each edit; no API has so many fields. */
const MAX_MEMBERS = 10_000;

yieldThread();

parentPort?.on("message", ({ number, content }: Numbered<Uint8Array>) => {
  const body = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const answer: Numbered<LongBodyAnswer> = { number, content: read(body) };
  parentPort?.postMessage(answer);
});

function read(body: Buffer): LongBodyAnswer {
  const request = readRequest(body);
  if (!("fields" in request)) return request;
  const outline = jsonMembers(body);
  const { length: count } = outline.members;
  if (count > MAX_MEMBERS)
    return refusal(400, `a body of this length may have ${MAX_MEMBERS} members at the most, not ${count}`);
  if (count > HANDED_OVER) return undefined;
  return abridged(request, outline);
}

function abridged(request: InferenceRequest, outline: JsonMembers): Parsed {
  const long = new Set(
    outline.members
      .filter(({ key, valueStart, valueEnd }) => PROMPTS.has(key) && valueEnd - valueStart > LONG_VALUE_BYTES)
      .map(({ key }) => key),
  );
  const kept = Object.entries(request.fields).map(([key, value]) => [key, long.has(key) ? emptied(key, value) : value]);
  const fields = Object.fromEntries(kept) as JsonObject;
  return { request: { ...request, fields, abridged: { openingKey: openingKey(request.fields) } }, outline };
}

/** It is there, of its kind, and says nothing but what decides how the request may be served. */
function emptied(key: string, value: unknown): unknown {
  if (typeof value === "string") return "";
  if (Array.isArray(value)) return emptiedList(key, value);
  return typeof value === "object" && value !== null ? {} : value;
}

function emptiedList(key: string, list: readonly unknown[]): readonly unknown[] {
  if (key === "tools" && list.length > 0) return [{}];
  if (key === "prompt" && isSeveral(list)) return ["", ""];
  return key === "messages" && hasMedia({ messages: list }) ? [{ content: [{}] }] : [];
}
