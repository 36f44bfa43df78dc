// Reads a request's body as vLLM does: JSON only, an object, with its literal complaints.
import type { IncomingMessage } from "node:http";
import { fieldMissing, wrongContentType } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { parseJson } from "./python-json.ts";
import { validationError } from "./validation.ts";

/** Resolves with undefined when the client left before the body was complete. */
export function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

export function parseBody(request: IncomingMessage, text: string): JsonObject {
  // The media type is looked at by a dependency of the route, after FastAPI has parsed the body; one that is no JSON stays raw.
  const mediaType = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/json") {
    throw new ApiError(wrongContentType());
  }
  const body = text === "" ? undefined : parseJson(text);
  if (isObject(body)) return body;
  if (body === undefined || body === null) throw new ApiError(fieldMissing(undefined, 0));
  const msg = "Input should be a valid dictionary or object to extract fields from";
  throw validationError([{ type: "model_attributes_type", loc: "body", msg, input: body }]);
}
