// Tool calls and JSON answers: do both arms give something usable, and the same?
import type { AnswerChoice, ArmAnswer, ComparedRequest, ToolCall } from "./answer.ts";

export interface Structure {
  /** Tool calls or JSON were expected on either side. */
  readonly primaryValid: boolean;
  readonly shadowValid: boolean;
  /** Both call tools, or neither does. */
  readonly sameTrigger: boolean;
  /** The same calls in any order, or the same JSON value; keys in any order. */
  readonly equal: boolean;
}

/** Undefined when neither side has structure and none was asked for. */
export function compareStructure(
  primary: ArmAnswer,
  shadow: ArmAnswer,
  request: ComparedRequest,
): Structure | undefined {
  const pairs = primary.choices.map((choice, i) => [choice, shadow.choices[i]] as const);
  const usesTools = [...primary.choices, ...shadow.choices].some(({ toolCalls }) => toolCalls.length > 0);
  if (!usesTools && !request.wantsJson) return undefined;
  const each = pairs.map(([a, b]) => compareChoice(a, b, request.wantsJson));
  return {
    primaryValid: each.every(({ primaryValid }) => primaryValid),
    shadowValid: each.every(({ shadowValid }) => shadowValid),
    sameTrigger: each.every(({ sameTrigger }) => sameTrigger),
    equal: each.every(({ equal }) => equal),
  };
}

function compareChoice(a: AnswerChoice, b: AnswerChoice | undefined, wantsJson: boolean): Structure {
  const sameTrigger = a.toolCalls.length > 0 === (b?.toolCalls ?? []).length > 0;
  const [one, two] = [canonicalChoice(a, wantsJson), b === undefined ? undefined : canonicalChoice(b, wantsJson)];
  return {
    primaryValid: one !== undefined,
    shadowValid: two !== undefined,
    sameTrigger,
    equal: one !== undefined && one === two,
  };
}

/** Undefined when what should be JSON is none. */
function canonicalChoice({ toolCalls, text }: AnswerChoice, wantsJson: boolean): string | undefined {
  if (toolCalls.length > 0) return canonicalCalls(toolCalls);
  return wantsJson ? canonicalJson(text) : "";
}

function canonicalCalls(calls: readonly ToolCall[]): string | undefined {
  const texts = calls.flatMap((call) => {
    const given = canonicalJson(call.arguments === "" ? "{}" : call.arguments);
    return given === undefined ? [] : [`${call.name}(${given})`];
  });
  return texts.length < calls.length ? undefined : texts.sort((a, b) => (a < b ? -1 : 1)).join("\n");
}

function canonicalJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text), sortedKeys);
  } catch {
    return undefined;
  }
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
