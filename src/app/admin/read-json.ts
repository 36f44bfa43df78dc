// The JSON object in the body of an admin request, within a limit.
import type { IncomingMessage } from "node:http";
import { AdminProblem } from "./admin-problem.ts";

const LIMIT = 64 * 1024;

/** `{}` for an empty body. Read to its end in any case, so that the socket can go on. */
export async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= LIMIT) chunks.push(chunk);
  }
  if (bytes > LIMIT) throw new AdminProblem(413, `the body is longer than ${LIMIT} bytes`);
  const text = Buffer.concat(chunks).toString("utf8").trim();
  if (text === "") return {};
  const value = parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AdminProblem(400, "the body is not a JSON object");
  }
  return value as Readonly<Record<string, unknown>>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
