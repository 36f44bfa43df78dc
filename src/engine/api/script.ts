// Output that is fixed before it begins: structured output and tool calls; where the prompt already holds its beginning, the rest.
import type { EngineContext } from "./engine-context.ts";
import type { JsonObject } from "./json-object.ts";
import { EMPTY_STATE, mixTokens } from "./next-token.ts";
import { structuredText } from "./structured-output.ts";
import { type ToolCallText, type ToolChoice, toolDecision } from "./tool-call.ts";

export interface Script {
  /** What is left to say. */
  readonly tokens: readonly number[];
  readonly toolCall: ToolCallText | undefined;
  /** How the call came to be: the model's choice, or what the request demands. */
  readonly toolChoice: ToolChoice;
}

/** As OpenAI: a named tool is not the model's choice. */
export function calledFinish(script: Script | undefined): "stop" | "tool_calls" {
  return script?.toolChoice === "named" ? "stop" : "tool_calls";
}

export interface ScriptRequest {
  readonly body: JsonObject;
  readonly promptIds: Int32Array;
}

export function scriptFor(context: EngineContext, request: ScriptRequest): Script | undefined {
  const decision = toolDecision(context, request.body);
  if (decision === undefined) {
    const text = structuredText(context, request.body);
    return text === undefined
      ? undefined
      : { tokens: rest(context, text, request.promptIds).tokens, toolCall: undefined, toolChoice: "auto" };
  }
  const rests = decision.calls.map((call) => ({ call, ...rest(context, call.text, request.promptIds) }));
  const longest = Math.max(...rests.map((one) => one.said));
  const candidates = rests.filter((one) => one.said === longest);
  const continues = request.body["continue_final_message"] === true;
  if (longest === 0 && continues && decision.choice === "auto") return undefined;
  // The choice among tools hangs on what came before the call, so that a continued call stays the same.
  const before = mixTokens(
    EMPTY_STATE,
    request.promptIds.subarray(0, request.promptIds.length - (candidates[0]?.saidTokens ?? 0)),
  );
  const chosen = decision.calls[(context.next.figure(before, 7) >>> 0) % decision.calls.length];
  const picked = candidates.find((one) => one.call === chosen) ?? candidates[0];
  return picked && { tokens: picked.tokens, toolCall: picked.call, toolChoice: decision.choice };
}

interface Rest {
  /** Characters of the script at the end of the prompt, and the prompt tokens that hold them. */
  readonly said: number;
  readonly saidTokens: number;
  readonly tokens: readonly number[];
}

function rest(context: EngineContext, text: string, promptIds: Int32Array): Rest {
  const { tokenizer } = context;
  const tokens = tokenizer.encode(text, { addSpecialTokens: false });
  const ends = promptIds.subarray(Math.max(0, promptIds.length - tokens.length - 8));
  const tail = tokenizer.decode(ends, { keepSpecial: true });
  const said = overlap(tail, text);
  if (said === 0) return { said: 0, saidTokens: 0, tokens };
  let read = 0;
  let index = 0;
  while (read < said && index < tokens.length)
    read = tokenizer.decode(tokens.slice(0, ++index), { keepSpecial: true }).length;
  const onward = read === said ? tokens.slice(index) : tokenizer.encode(text.slice(said), { addSpecialTokens: false });
  return { said, saidTokens: index, tokens: onward };
}

/** The most characters of the beginning of `text` that end `tail`. */
function overlap(tail: string, text: string): number {
  for (let length = Math.min(tail.length, text.length); length > 0; length--)
    if (tail.endsWith(text.slice(0, length))) return length;
  return 0;
}
