// Requests that two workers cannot serve as one would, or need not: one worker serves them.
import { jsonMembers, lenientBoolean, lenientInteger } from "../../vllm/index.ts";
import { isIncomplete } from "../incomplete.ts";
import type { Accepted } from "../intake.ts";
import type { ForwardRoute } from "../routes.ts";

/** Goes into receipts and metrics. */
export type WholeReason =
  | "route"
  | "several_choices"
  | "several_prompts"
  | "prompt_logprobs"
  | "echo"
  | "prompt_embeds"
  | "one_token"
  | "own_params"
  | "incomplete";

const QUOTE = 34;
const BRACKET = 91;

export function whyWhole(
  { body }: Pick<ForwardRoute, "body">,
  { request, body: bytes }: Pick<Accepted, "request" | "body">,
): WholeReason | undefined {
  // Other routes of vLLM take no parameters of transfers.
  if (request === undefined || (body !== "chat" && body !== "completion")) return "route";
  if (isIncomplete(body, request)) return "incomplete";
  const { fields, n, maxTokens } = request;
  if (n > 1 || atLeastTwo(fields["best_of"]) || lenientBoolean(fields["use_beam_search"])) return "several_choices";
  // Probabilities of a prompt are made where it is computed.
  if (isSet(fields["prompt_logprobs"])) return "prompt_logprobs";
  if (lenientBoolean(fields["echo"])) return "echo";
  if (isSet(fields["prompt_embeds"])) return "prompt_embeds";
  if (maxTokens === 1) return "one_token";
  if (isSet(fields["kv_transfer_params"])) return "own_params";
  return body === "completion" && hasSeveral(bytes) ? "several_prompts" : undefined;
}

/** A list that holds anything but token ids; read from the bytes, since a long prompt is not parsed. */
function hasSeveral(bytes: Buffer): boolean {
  const prompt = jsonMembers(bytes).members.findLast(({ key }) => key === "prompt");
  if (prompt === undefined || bytes[prompt.valueStart] !== BRACKET) return false;
  const first = /[^\s]/.exec(bytes.toString("latin1", prompt.valueStart + 1, prompt.valueStart + 1024))?.[0];
  return first?.charCodeAt(0) === QUOTE || first === "[";
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function atLeastTwo(value: unknown): boolean {
  return (lenientInteger(value) ?? 1) > 1;
}
