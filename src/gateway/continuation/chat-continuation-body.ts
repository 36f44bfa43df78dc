// The chat that goes on where a lost worker stopped: the text so far as its last message, and what is left of the limits.
import {
  type BodyEdit,
  editBody,
  type InferenceRequest,
  jsonMembers,
  lenientBoolean,
  lenientInteger,
} from "../../vllm/index.ts";

export interface ChatContinuation {
  readonly request: InferenceRequest;
  /** As it went to the lost worker. */
  readonly body: Buffer;
  /** The text that the client has, as a JSON string. */
  readonly said: string;
  /** Tokens of it. */
  readonly made: number;
}

/** Undefined when no token is left to be made, or the text has nowhere to stand. */
export function chatContinuationBody({ request, body, said, made }: ChatContinuation): Buffer | undefined {
  const { fields, maxTokens } = request;
  const left = maxTokens === undefined ? undefined : maxTokens - made;
  const messages = lenientBoolean(fields["continue_final_message"]) ? longerLast(body, said) : oneMore(said);
  if (messages === undefined || (left !== undefined && left < 1)) return undefined;
  const limit = lenientInteger(fields["max_completion_tokens"]) !== undefined ? "max_completion_tokens" : "max_tokens";
  const least = Math.max(0, (lenientInteger(fields["min_tokens"]) ?? 0) - made);
  return editBody(body, {
    ...messages,
    remove: least === 0 ? ["min_tokens"] : [],
    set: {
      ...messages.set,
      continue_final_message: "true",
      add_generation_prompt: "false",
      ...(left !== undefined && { [limit]: String(left) }),
      ...(least > 0 && { min_tokens: String(least) }),
    },
  });
}

/** The client's messages as it wrote them, and what was said behind them. */
function oneMore(said: string): BodyEdit {
  return { append: { messages: `{"role":"assistant","content":${said}}` } };
}

/** The client's last message is one to go on with itself. */
function longerLast(body: Buffer, said: string): BodyEdit | undefined {
  const member = jsonMembers(body).members.findLast(({ key }) => key === "messages");
  if (member === undefined) return undefined;
  const messages = JSON.parse(body.toString("utf8", member.valueStart, member.valueEnd)) as { content?: unknown }[];
  const last = messages.at(-1);
  if (typeof last?.content !== "string") return undefined;
  last.content += JSON.parse(said) as string;
  return { set: { messages: JSON.stringify(messages) } };
}
