// The bodies with which a vLLM fails, as recorded from 0.32.
import type { ErrorKind } from "./fault-spec.ts";

export interface FailedAnswer {
  readonly status: number;
  readonly body: string;
}

const ENGINE_DEAD = "EngineCore encountered an issue. See stack trace (above) for the root cause.";

/** vLLM dumps the in-band error with Python's separators, unlike its response bodies. */
const IN_BAND_ERROR = `data: {"error": {"message": "${ENGINE_DEAD}", "type": "InternalServerError", "param": null, "code": 500}}\n\n`;

/** What a stream gets when the engine dies under it: one error event and the end mark, under the 200 already sent. */
export const IN_BAND_END = `${IN_BAND_ERROR}data: [DONE]\n\n`;

const answers: Record<Exclude<ErrorKind, "in_band">, FailedAnswer> = {
  "500": failed(500, "InternalServerError", ENGINE_DEAD),
  "503": failed(503, "Service Unavailable", "The server is overloaded: too many queued requests."),
  "429": failed(429, "Too Many Requests", "Rate limit exceeded."),
  draining: failed(500, "InternalServerError", "cannot schedule new futures after shutdown"),
  invalid_json: { status: 200, body: `{"id":"chatcmpl-broken","object":"chat.completion","choices":[{"index":0,"mess` },
};

export function failedAnswer(kind: Exclude<ErrorKind, "in_band">): FailedAnswer {
  return answers[kind];
}

function failed(code: number, type: string, message: string): FailedAnswer {
  return { status: code, body: JSON.stringify({ error: { message, type, param: null, code } }) };
}
