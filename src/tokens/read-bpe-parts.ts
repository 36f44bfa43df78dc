// Reads a tokenizer.json in a thread of its own, whose memory goes back to the system: parsing one takes 200 MB.
import { readFile } from "node:fs/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type ErrorCode, SwitchgearError, toError } from "../core/index.ts";
import { type BpeParts, bpeParts, partsMemory } from "./bpe-parts.ts";

/** What the thread answers: the parts, or an error in pieces, as an error loses its class on the way. */
type Answer =
  | { readonly parts: BpeParts; readonly code?: undefined }
  | {
      readonly parts?: undefined;
      readonly code: ErrorCode;
      readonly message: string;
      readonly where?: string;
      readonly expected?: string;
    };

const TASK = "switchgear: read a tokenizer.json";

/** Throws SWG_FILE_UNREADABLE, SWG_TOKENIZER_INVALID or SWG_TOKENIZER_UNSUPPORTED. */
export async function readBpeParts(path: string): Promise<BpeParts> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { task: TASK, path } });
  const answer = await new Promise<Answer>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread that reads ${path} ended with ${code}`)));
  });
  if (answer.parts !== undefined) return answer.parts;
  const { code, message, where = path, expected } = answer;
  throw new SwitchgearError(code, message, { value: path, where, ...(expected !== undefined && { expected }) });
}

async function answerFor(path: string): Promise<Answer> {
  try {
    return { parts: bpeParts(parse(await read(path), path)) };
  } catch (thrown) {
    if (!(thrown instanceof SwitchgearError)) throw thrown;
    const { code, message, details } = thrown;
    const { where, expected } = details;
    return { code, message, ...(where !== undefined && { where }), ...(expected !== undefined && { expected }) };
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    throw new SwitchgearError("SWG_FILE_UNREADABLE", `cannot read ${path}: ${toError(thrown).message}`, {
      where: path,
      expected: "a folder with tokenizer.json, as on the Hugging Face hub",
    });
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new SwitchgearError("SWG_TOKENIZER_INVALID", `${path} is not JSON: ${toError(thrown).message}`, {
      where: path,
      expected: "a tokenizer.json as transformers writes it",
    });
  }
}

// The same file is the thread's program.
const given = workerData as { readonly task?: unknown; readonly path?: unknown } | null;
if (!isMainThread && given?.task === TASK) {
  const answer = await answerFor(String(given.path));
  parentPort?.postMessage(answer, answer.parts === undefined ? [] : partsMemory(answer.parts));
}
