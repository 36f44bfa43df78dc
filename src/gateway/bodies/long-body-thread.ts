// The thread of long-bodies.ts: parses, and hands back what the gateway looks at without the prompt.
import { parentPort } from "node:worker_threads";
import type { Numbered } from "../../core/index.ts";
import { type InferenceRequest, jsonMembers, type JsonMembers, type JsonObject, openingKey } from "../../vllm/index.ts";
import type { LongBody, LongBodyAnswer } from "./long-bodies.ts";
import { readRequest } from "./read-request.ts";

/** Where prompts are; nothing else of a request is long. */
const PROMPTS = new Set(["messages", "prompt", "input", "system", "instructions", "tools", "documents"]);
const LONG_VALUE_BYTES = 4096;
/** Each would cost time again on the way to the other thread. */
const MAX_MEMBERS = 1000;

parentPort?.on("message", ({ number, content }: Numbered<ArrayBuffer>) => {
  const answer: Numbered<LongBodyAnswer> = { number, content: read(Buffer.from(content)) };
  parentPort?.postMessage(answer);
});

function read(body: Buffer): LongBodyAnswer {
  const request = readRequest(body);
  if (!("fields" in request)) return request;
  const outline = jsonMembers(body);
  if (outline.members.length > MAX_MEMBERS) return undefined;
  return abridged(request, outline);
}

function abridged(request: InferenceRequest, outline: JsonMembers): LongBody {
  const long = new Set(
    outline.members
      .filter(({ key, valueStart, valueEnd }) => PROMPTS.has(key) && valueEnd - valueStart > LONG_VALUE_BYTES)
      .map(({ key }) => key),
  );
  const kept = Object.entries(request.fields).map(([key, value]) => [key, long.has(key) ? emptied(value) : value]);
  const fields = Object.fromEntries(kept) as JsonObject;
  return { request: { ...request, fields, abridged: { openingKey: openingKey(request.fields) } }, outline };
}

/** It is there, of its kind, and says nothing. */
function emptied(value: unknown): unknown {
  if (typeof value === "string") return "";
  if (Array.isArray(value)) return [];
  return typeof value === "object" && value !== null ? {} : value;
}
