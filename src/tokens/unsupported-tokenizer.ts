// Says which part of a tokenizer.json cannot be handled.
import { SwitchgearError } from "../core/index.ts";

export function unsupported(part: string, value: unknown, expected: string): SwitchgearError {
  return new SwitchgearError(
    "SWG_TOKENIZER_UNSUPPORTED",
    `tokenizer.json: ${part} ${describe(value)} is not supported`,
    {
      value,
      where: part,
      expected,
      hint: "set the model's tokenizer source to none: routing then goes by approximate text prefixes",
    },
  );
}

export function invalid(part: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_TOKENIZER_INVALID", `tokenizer.json: ${part} is not ${expected}`, {
    where: part,
    expected,
  });
}

function describe(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
