// How a stream that already began tells its client that the worker is lost: as an event, the way vLLM itself does.
import type { BodyKind } from "./routes.ts";

export interface InterruptionParts {
  readonly body: BodyKind;
  readonly message: string;
  /** False in the middle of an event: it is closed first. */
  readonly atBoundary: boolean;
}

/** The bytes that end the stream; status and headers have long been sent. */
export function interruptionEvents({ body, message, atBoundary }: InterruptionParts): string {
  return (atBoundary ? "" : "\n\n") + events(body, message);
}

function events(body: BodyKind, message: string): string {
  if (body === "messages") {
    const error = { type: "error", error: { type: "api_error", message } };
    return `event: error\ndata: ${JSON.stringify(error)}\n\n`;
  }
  if (body === "responses") {
    const error = { type: "error", code: "server_error", message, param: null };
    return `event: error\ndata: ${JSON.stringify(error)}\n\n`;
  }
  const error = { error: { message, type: "InternalServerError", param: null, code: 502 } };
  return `data: ${JSON.stringify(error)}\n\ndata: [DONE]\n\n`;
}
