// The bodies with which the engine fails on purpose.
import {
  ENGINE_DEAD_MESSAGE,
  engineDead,
  errorReply,
  type ErrorReply,
  overloaded,
  shuttingDown,
  SSE_DONE,
  streamError,
} from "../../vllm/index.ts";
import type { ErrorKind } from "./fault-spec.ts";

/** What a stream gets when the engine dies under it: one error event and the end mark, under the 200 already sent. */
export const IN_BAND_END = `data: ${streamError(ENGINE_DEAD_MESSAGE)}\n\n${SSE_DONE}`;

const answers: Record<Exclude<ErrorKind, "in_band">, ErrorReply> = {
  "500": engineDead(),
  "503": overloaded("The server is overloaded: too many queued requests."),
  "429": errorReply(429, "Too Many Requests", "Rate limit exceeded."),
  draining: shuttingDown(),
  invalid_json: { status: 200, body: `{"id":"chatcmpl-broken","object":"chat.completion","choices":[{"index":0,"mess` },
};

export function failedAnswer(kind: Exclude<ErrorKind, "in_band">): ErrorReply {
  return answers[kind];
}
