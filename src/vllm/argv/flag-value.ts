// The words of an option → its value as vLLM's parser reads it, or what is wrong with them.
import type { Flag } from "./flag.ts";

export type FlagValue = string | number | boolean | null | readonly FlagValue[] | { readonly [key: string]: FlagValue };

export type ValueResult = { readonly value: FlagValue } | { readonly problem: string };

export interface GivenWords {
  readonly negated: boolean;
  readonly values: readonly string[];
}

export function flagValue(flag: Flag, { negated, values }: GivenWords): ValueResult {
  switch (flag.kind) {
    case "switch":
    case "bare":
      return { value: !negated };
    case "texts":
    case "ints":
      return all(values.map((word) => wordValue(flag, word)));
    case "optional-text":
      return { value: values[0] ?? true };
    default:
      return wordValue(flag, values[0] ?? "");
  }
}

function all(results: readonly ValueResult[]): ValueResult {
  const values: FlagValue[] = [];
  for (const one of results) {
    if ("problem" in one) return one;
    values.push(one.value);
  }
  return { value: values };
}

function wordValue(flag: Flag, word: string): ValueResult {
  if (flag.nullable && (word === "" || word === "None")) return { value: null };
  const read = READERS[flag.kind] ?? asText;
  const result = read(word);
  if ("problem" in result || flag.choices === undefined || flag.choices.includes(asWord(result.value))) return result;
  return { problem: `${JSON.stringify(word)} is none of ${flag.choices.join(", ")}` };
}

/** As the table writes choices. */
function asWord(value: FlagValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

type Reader = (word: string) => ValueResult;

const asText: Reader = (word) => ({ value: word });

const READERS: Readonly<Record<string, Reader>> = {
  int: readInt,
  ints: readInt,
  float: readFloat,
  "human-int": readHumanInt,
  "human-int-auto": (word) => (/^\s*(-1|auto)\s*$/i.test(word) ? { value: -1 } : readHumanInt(word)),
  json: readJson,
  "json-or-text": (word) => (/^\s*\{[\s\S]*\}\s*$/.test(word) ? readJson(word) : asText(word)),
};

/** Python's int(): surrounding space, a sign, underscores between digits. */
function readInt(word: string): ValueResult {
  if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(word)) return { problem: `${JSON.stringify(word)} is no whole number` };
  return { value: Number(word.replaceAll("_", "")) };
}

const FLOAT = /^\s*[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+)?\s*$/i;

function readFloat(word: string): ValueResult {
  if (!FLOAT.test(word)) return { problem: `${JSON.stringify(word)} is no number` };
  return { value: Number(word.replaceAll("_", "")) };
}

const DECIMAL: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
const BINARY: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** vLLM's human_readable_int: small letters are decimal and take fractions, capitals are binary and do not. */
export function readHumanInt(word: string): ValueResult {
  const [, digits = "", suffix = ""] = /^\s*(\d+(?:\.\d+)?)([kKmMgGtT])\s*$/.exec(word) ?? [];
  const decimal = DECIMAL[suffix];
  if (decimal !== undefined) return { value: Math.trunc(Number(digits) * decimal) };
  const binary = BINARY[suffix];
  if (binary === undefined) return readInt(word);
  if (!digits.includes(".")) return { value: Number(digits) * binary };
  return {
    problem: `${JSON.stringify(word)}: a capital suffix takes no fraction, write ${digits}${suffix.toLowerCase()}`,
  };
}

/** Numbers with a suffix may stand unquoted in the JSON of a configuration object. */
function readJson(word: string): ValueResult {
  for (const text of [word, word.replace(/([:[,]\s*)(\d+(?:\.\d+)?[kKmMgGtT])(?=\s*[,}\]])/g, expandNumber)]) {
    try {
      return { value: JSON.parse(text) as FlagValue };
    } catch {
      // The next spelling is tried.
    }
  }
  return { problem: `${JSON.stringify(word)} is no JSON` };
}

function expandNumber(_: string, before: string, number: string): string {
  const read = readHumanInt(number);
  return `${before}${"value" in read ? asWord(read.value) : number}`;
}
