// The texts of a pair, masked; made only when the plan asks for them, and told only where they are kept.
import type { ArmAnswer } from "./answer.ts";
import type { PairRecord } from "./pair-record.ts";

export interface PairTexts {
  readonly at: number;
  readonly kind: PairRecord["kind"];
  readonly stratum: string;
  readonly equal: boolean;
  readonly prompt: string;
  readonly primary: string;
  readonly shadow: string;
}

export interface TextParts {
  readonly record: PairRecord;
  /** The request's body as JSON. */
  readonly request: string;
  readonly primary: ArmAnswer;
  readonly shadow: ArmAnswer;
  /** What matches becomes [masked]. */
  readonly mask: readonly RegExp[];
}

const MASKED = "[masked]";
/** Characters kept of each text. */
const LONGEST = 16_384;

export function pairTexts({ record, request, primary, shadow, mask }: TextParts): PairTexts {
  const { at, kind, stratum, comparison } = record;
  // Masked before it is cut: a cut may not save half of what was to be hidden from its pattern.
  const shown = (text: string) => masked(text, mask).slice(0, LONGEST);
  return {
    at,
    kind,
    stratum,
    equal: comparison?.equal === true,
    prompt: shown(promptOf(request)),
    primary: shown(answerText(primary)),
    shadow: shown(answerText(shadow)),
  };
}

function masked(text: string, mask: readonly RegExp[]): string {
  return mask.reduce((left, pattern) => left.replace(pattern, MASKED), text);
}

/** Every generation body says its prompt in one of these members. */
function promptOf(request: string): string {
  const body = JSON.parse(request) as Readonly<Record<string, unknown>>;
  const prompt = [body["system"], body["instructions"], body["messages"] ?? body["prompt"] ?? body["input"]];
  return prompt.map(flat).filter(Boolean).join("\n");
}

function flat(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(flat).join("\n");
  if (typeof value !== "object") return JSON.stringify(value);
  const { role, content, text } = value as { role?: unknown; content?: unknown; text?: unknown };
  if (content === undefined && text === undefined) return JSON.stringify(value);
  return `${typeof role === "string" ? `${role}: ` : ""}${flat(content ?? text)}`;
}

function answerText({ choices }: ArmAnswer): string {
  return choices
    .map(({ text, toolCalls }) => [text, ...toolCalls.map((call) => `${call.name}(${call.arguments})`)].join("\n"))
    .join("\n---\n")
    .trim();
}
