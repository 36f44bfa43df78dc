// Form `argv`: a JSON array of the words, as a program hands them to the kernel.
import { SwitchgearError } from "../../core/index.ts";
import { readCommand } from "./command.ts";
import type { Reading } from "./reading.ts";
import { readYaml } from "./yaml-leaves.ts";

/** JSON is YAML, and so has positions. */
export function readArgv(reading: Reading, text: string): void {
  const [document] = readYaml(reading.file, text);
  const words = document?.value;
  if (!Array.isArray(words) || words.length === 0 || !words.every((one) => typeof one === "string")) {
    const expected = 'a JSON array of texts, such as ["vllm", "serve", "org/model"]';
    throw new SwitchgearError("SWG_CONVERT_UNUSABLE", "this is no argument list", { where: reading.file, expected });
  }
  const tokens = (document?.leaves ?? []).map(({ text: word, position, inside }) =>
    reading.ledger.add({ text: word, position, inside }),
  );
  if (readCommand(reading, tokens)) return;
  const [at] = tokens;
  // Without the program: only its arguments.
  if (at !== undefined && reading.ledger.left().length === tokens.length)
    reading.launches.push({ entry: "image", args: tokens, at });
}
