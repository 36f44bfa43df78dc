// Cuts a text into the words that are encoded one by one, as a tokenizer.json says.
import { isRecord } from "./chat-message.ts";
import { splitPattern } from "./split-pattern.ts";
import { invalid, unsupported } from "./unsupported-tokenizer.ts";

export type PreTokenizer = (text: string) => readonly string[];

/** GPT-2's pattern, which ByteLevel applies by itself unless `use_regex` is false. */
const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const KINDS = "ByteLevel, Split, Digits, or a Sequence of these that ends with ByteLevel";

/** Throws SWG_TOKENIZER_UNSUPPORTED for anything but byte-level tokenizers. */
export function preTokenizer(spec: unknown): PreTokenizer {
  const steps = flatten(spec);
  const last = steps.at(-1);
  if (last?.["type"] !== "ByteLevel") throw unsupported("pre_tokenizer", last?.["type"] ?? null, KINDS);
  const splits = steps.flatMap(stepSplits);
  const [only] = splits;
  if (splits.length === 1 && only !== undefined) return only;
  return (text) => splits.reduce<readonly string[]>((pieces, split) => pieces.flatMap(split), [text]);
}

function flatten(spec: unknown): Readonly<Record<string, unknown>>[] {
  if (!isRecord(spec)) throw unsupported("pre_tokenizer", spec, KINDS);
  if (spec["type"] !== "Sequence") return [spec];
  if (!Array.isArray(spec["pretokenizers"])) throw invalid("pre_tokenizer.pretokenizers", "a list");
  return spec["pretokenizers"].flatMap(flatten);
}

function stepSplits(step: Readonly<Record<string, unknown>>): PreTokenizer[] {
  switch (step["type"]) {
    case "ByteLevel":
      return byteLevel(step);
    case "Digits":
      return [isolate(new RegExp(step["individual_digits"] === true ? "\\p{N}" : "\\p{N}+", "gu"))];
    case "Split":
      return [split(step)];
    default:
      throw unsupported("pre_tokenizer", step["type"], KINDS);
  }
}

function byteLevel(step: Readonly<Record<string, unknown>>): PreTokenizer[] {
  const steps: PreTokenizer[] = [];
  if (step["add_prefix_space"] === true) steps.push((text) => [text.startsWith(" ") ? text : ` ${text}`]);
  if (step["use_regex"] !== false) steps.push(isolate(splitPattern(GPT2)));
  return steps;
}

function split(step: Readonly<Record<string, unknown>>): PreTokenizer {
  const { behavior, pattern } = step;
  const inverted = step["invert"] === true;
  const expression = patternOf(pattern);
  if (behavior === "Isolated") return isolate(expression);
  // "Remove what does not match" is how tiktoken's patterns are written down.
  if (behavior === "Removed")
    return inverted ? (text) => text.match(expression) ?? [] : (text) => text.split(expression).filter(Boolean);
  throw unsupported("pre_tokenizer Split behavior", behavior, "Isolated or Removed");
}

function patternOf(pattern: unknown): RegExp {
  if (isRecord(pattern) && typeof pattern["Regex"] === "string") return splitPattern(pattern["Regex"]);
  if (isRecord(pattern) && typeof pattern["String"] === "string") {
    return new RegExp(pattern["String"].replaceAll(/[\^$\\.*+?()[\]{}|/]/g, "\\$&"), "gu");
  }
  throw invalid("pre_tokenizer Split pattern", "{Regex} or {String}");
}

/** Matches and what lies between them are words of their own. */
function isolate(expression: RegExp): PreTokenizer {
  return (text) => {
    const matches = text.match(expression) ?? [];
    let covered = 0;
    for (const match of matches) covered += match.length;
    return covered === text.length ? matches : withGaps(text, expression);
  };
}

function withGaps(text: string, expression: RegExp): string[] {
  const pieces: string[] = [];
  let end = 0;
  for (const match of text.matchAll(expression)) {
    if (match.index > end) pieces.push(text.slice(end, match.index));
    if (match[0] !== "") pieces.push(match[0]);
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}
