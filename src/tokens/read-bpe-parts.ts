// Reads a tokenizer.json in a process of its own: parsing one leaves 180 MB of heap behind that V8 does not give back.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deserialize, serialize } from "node:v8";
import { type ErrorCode, SwitchgearError, toError } from "../core/index.ts";
import { type BpeParts, bpeParts } from "./bpe-parts.ts";
import { parseJsonFile } from "./parse-json-file.ts";

/** What the process answers: the parts, or an error in pieces, as an error loses its class on the way. */
type Answer =
  | { readonly parts: BpeParts; readonly code?: undefined }
  | {
      readonly parts?: undefined;
      readonly code: ErrorCode;
      readonly message: string;
      readonly where?: string;
      readonly expected?: string;
    };

const TASK = "--switchgear-read-tokenizer";
const THIS_FILE = fileURLToPath(import.meta.url);
/** The largest vocabularies in use (260,000 tokens) come to 25 MB. */
const MAX_ANSWER_BYTES = 256 * 2 ** 20;
const TIMEOUT_MS = 60_000;

/** Throws SWG_FILE_UNREADABLE, SWG_TOKENIZER_INVALID or SWG_TOKENIZER_UNSUPPORTED. */
export async function readBpeParts(path: string): Promise<BpeParts> {
  const { stdout } = await promisify(execFile)(process.execPath, [THIS_FILE, TASK, path], {
    encoding: "buffer",
    maxBuffer: MAX_ANSWER_BYTES,
    timeout: TIMEOUT_MS,
  });
  const answer = deserialize(stdout) as Answer;
  if (answer.parts !== undefined) return answer.parts;
  const { code, message, where = path, expected } = answer;
  throw new SwitchgearError(code, message, { value: path, where, ...(expected !== undefined && { expected }) });
}

async function answerFor(path: string): Promise<Answer> {
  try {
    return { parts: bpeParts(parseJsonFile(await read(path), path, "a tokenizer.json as transformers writes it")) };
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

// The same file is the process's program.
if (process.argv[1] === THIS_FILE && process.argv[2] === TASK) {
  process.stdout.write(serialize(await answerFor(process.argv[3] ?? "")));
}
