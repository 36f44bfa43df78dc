// A request that is answered with one of vLLM's error bodies; thrown by whatever reads or checks it.
import { badRequest, type ErrorReply } from "../../vllm/index.ts";

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly reply: ErrorReply;

  constructor(reply: ErrorReply) {
    super(reply.body);
    this.reply = reply;
  }
}

/** A value that was checked after the body was read; `param` is named in the text as vLLM does. */
export function badValue(message: string, param?: string, value?: string | number): ApiError {
  return new ApiError(badRequest(message, param ?? null, value));
}
