// What the GenAI conventions call the request: its operation by route, and its model.
import type { Attributes } from "../../telemetry/index.ts";
import type { RequestRecord } from "../record.ts";
import { NAMES } from "./attribute-names.ts";

/** Routes without a name in the conventions, such as /tokenize, have no operation. */
const OPERATIONS: Readonly<Record<string, string>> = {
  "/v1/chat/completions": "chat",
  "/v1/chat/completions/batch": "chat",
  "/v1/responses": "chat",
  "/v1/messages": "chat",
  "/v1/completions": "text_completion",
  "/v1/embeddings": "embeddings",
  "/v2/embed": "embeddings",
};

export function genAi({ route, model }: RequestRecord): Attributes {
  return { [NAMES.operation]: OPERATIONS[route], [NAMES.provider]: "vllm", [NAMES.model]: model };
}
