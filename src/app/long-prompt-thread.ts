// The thread of long-prompts.ts: one tokenizer, one question after the other.
import { parentPort, workerData } from "node:worker_threads";
import type { Deployment } from "../config/index.ts";
import { type Numbered, yieldThread } from "../core/index.ts";
import type { PromptIdentity } from "../gateway/index.ts";
import { loadTextModel, type TextModel } from "../tokens/index.ts";
import { type JsonObject, parseInferenceRequest } from "../vllm/index.ts";
import type { LongPromptQuestion } from "./long-prompts.ts";
import { promptIdentity } from "./prompt-text.ts";

/** About half a million tokens: more than any context. A longer prompt is routed by its size alone. */
const MAX_CHARACTERS = 2_000_000;

/** The first prompt waits for it. */
const loading = loadTextModel(workerData as Deployment["tokenizer"]).finally(yieldThread);

parentPort?.on("message", ({ number, content }: Numbered<LongPromptQuestion>) => {
  void loading.then((text) => {
    const answer: Numbered<PromptIdentity | undefined> = { number, content: identity(content, text) };
    parentPort?.postMessage(answer, memoryOf(answer.content));
  });
});

function identity({ kind, blockSize, seed, keepsIds, body }: LongPromptQuestion, text: TextModel | undefined) {
  const fields: JsonObject = body instanceof Uint8Array ? parseInferenceRequest(body).fields : body;
  return promptIdentity({ kind, fields, text, blockSize, seed, keepsIds, maxCharacters: MAX_CHARACTERS });
}

/** Moved, not copied: those of a long prompt are megabytes. */
function memoryOf(known: PromptIdentity | undefined): ArrayBuffer[] {
  const lists = [known?.hashes?.words, known?.source?.ids].map((list) => list?.buffer);
  return [...new Set(lists)].filter((buffer) => buffer instanceof ArrayBuffer);
}
