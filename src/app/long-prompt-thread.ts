// The thread of long-prompts.ts: one tokenizer, one question after the other.
import { parentPort, workerData } from "node:worker_threads";
import type { Deployment } from "../config/index.ts";
import { loadTextModel, renderPrompt, type TextModel } from "../tokens/index.ts";
import type { LongPromptAnswer, LongPromptQuestion } from "./long-prompts.ts";

/** About half a million tokens: more than any context. A longer prompt is routed by its size alone. */
const MAX_CHARACTERS = 2_000_000;

const loading = loadTextModel(workerData as Deployment["tokenizer"]);

parentPort?.on("message", (question: LongPromptQuestion) => {
  void loading.then((text) => parentPort?.postMessage(answer(question, text)));
});

function answer({ number, kind, fields }: LongPromptQuestion, text: TextModel | undefined): LongPromptAnswer {
  const prompts = text && renderPrompt({ kind, body: fields, text, maxCharacters: MAX_CHARACTERS }).prompts;
  return { number, prompts };
}
