// Bodies that vLLM refuses for a member they lack. It says how many members there are: the gateway adds none.
import type { InferenceRequest } from "../vllm/index.ts";
import type { BodyKind } from "./routes.ts";

/** The prompt first. */
const NEEDED: Partial<Record<BodyKind, readonly string[]>> = {
  chat: ["messages"],
  responses: ["input"],
  messages: ["messages", "model", "max_tokens"],
};

export function isIncomplete(
  body: BodyKind,
  { fields, abridged }: Pick<InferenceRequest, "fields" | "abridged">,
): boolean {
  const needed = NEEDED[body] ?? [];
  return needed.some((key, i) => fields[key] === undefined && !(i === 0 && abridged !== undefined));
}
