// Shapes of a request head that two HTTP parsers could read differently: refused before anything else looks at them.
import type { IncomingMessage } from "node:http";
import { type Refusal, refusal } from "./refusal.ts";

/** Header fields that must not be repeated; Node keeps one of several without a word. */
const SINGLE: ReadonlyMap<string, number> = new Map(
  ["host", "content-length", "transfer-encoding", "content-type", "content-encoding", "authorization", "expect"].map(
    (name, bit) => [name, 1 << bit],
  ),
);

/** Node's parser already refuses bad chunks, bare CR, control characters and a Content-Length that is no number. */
export function framingFault(request: IncomingMessage): Refusal | undefined {
  const raw = request.rawHeaders;
  let seen = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? "";
    const bit = SINGLE.get(name) ?? 0;
    if ((seen & bit) !== 0) return fault(`header ${name} is repeated`);
    seen |= bit;
  }
  const { headers } = request;
  if (headers["content-length"] !== undefined && headers["transfer-encoding"] !== undefined) {
    return fault("a request has either Content-Length or Transfer-Encoding, not both");
  }
  if (headers.host === undefined && request.httpVersion === "1.1") return fault("the Host header is missing");
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return fault("Transfer-Encoding other than chunked is not supported");
  }
  if (request.httpVersionMajor === 1 && request.httpVersionMinor === 0 && coding !== undefined) {
    return fault("HTTP/1.0 has no Transfer-Encoding");
  }
  return undefined;
}

/** The connection ends with the answer: what follows on it cannot be trusted. */
function fault(message: string): Refusal {
  return refusal(400, message, { headers: { connection: "close" } });
}
