// Browsers on other origins, answered as a vLLM with its defaults answers them: all origins, no credentials.
import type { IncomingMessage, ServerResponse } from "node:http";

/** Starlette's CORSMiddleware with `*` for origins, methods and headers. */
const METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
const MAX_AGE_SECONDS = "600";

/** Marks the answer to come as readable for the page that asked; false when nothing is left to do. */
export function openToOrigins(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.headers.origin === undefined) return true;
  response.setHeader("access-control-allow-origin", "*");
  const asked = request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
  if (asked) answerPreflight(request, response);
  return !asked;
}

function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const wanted = headers["access-control-request-headers"];
  response.writeHead(200, {
    "access-control-allow-methods": METHODS,
    "access-control-max-age": MAX_AGE_SECONDS,
    ...(wanted !== undefined && { "access-control-allow-headers": wanted }),
    "content-type": "text/plain; charset=utf-8",
    "content-length": "2",
  });
  response.end("OK");
}
