// The two bodies of a split request: the prompt and one token there, all of it with the parameters here.
import { editBody } from "../../vllm/index.ts";

export interface SplitBody {
  readonly body: Buffer;
  readonly route: "chat" | "completion";
}

/**
 * As vLLM's own proxy sends it (toy_proxy_server.py): not streamed, one token. `min_tokens` would contradict that,
 * `stream_options` belongs to streams, and ids of the prompt are of no use here.
 */
export function prefillBody({ body, route }: SplitBody, params: string): Buffer {
  const set = {
    stream: "false",
    max_tokens: "1",
    ...(route === "chat" && { max_completion_tokens: "1" }),
    kv_transfer_params: params,
  };
  return editBody(body, { remove: ["stream_options", "min_tokens", "return_token_ids"], set });
}

/** `params` as the prefill worker wrote them. */
export function decodeBody({ body }: SplitBody, params: string): Buffer {
  return editBody(body, { set: { kv_transfer_params: params } });
}
