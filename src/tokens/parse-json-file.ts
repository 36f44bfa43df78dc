// The text of a model's JSON file → its value, or an error that names the file.
import { SwitchgearError, toError } from "../core/index.ts";

/** `expected`: what the file should have been, for the error. */
export function parseJsonFile(text: string, path: string, expected: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new SwitchgearError("SWG_TOKENIZER_INVALID", `${path} is not JSON: ${toError(thrown).message}`, {
      where: path,
      expected,
      cause: thrown,
    });
  }
}
