// A body as a request, or as the answer that refuses it.
import { SwitchgearError } from "../../core/index.ts";
import { type InferenceRequest, parseInferenceRequest } from "../../vllm/index.ts";
import { type Refusal, refusal } from "../refusal.ts";

export function readRequest(body: Uint8Array): InferenceRequest | Refusal {
  try {
    return parseInferenceRequest(body);
  } catch (error) {
    if (!(error instanceof SwitchgearError)) throw error;
    const { where, expected } = error.details;
    const hint = `${where === undefined ? "" : ` (${where})`}${expected === undefined ? "" : `; expected ${expected}`}`;
    return refusal(400, `${error.message}${hint}`);
  }
}
