// What the first event of a stream promises for all of them, and events of another worker under that promise.
import { type ChunkHead, type JsonObject, sseEvent } from "../../vllm/index.ts";

export function headOf(first: Buffer | undefined): ChunkHead | undefined {
  if (first === undefined) return undefined;
  const { id, created, model } = objectOf(first);
  return { id, created, model };
}

/** Of a request that is done again: under the id that the client knows, and without a second role. */
export function underHead(event: Buffer, head: ChunkHead): Buffer | undefined {
  const object = objectOf(event);
  const [choice] = (object["choices"] ?? []) as readonly { readonly delta?: { readonly role?: unknown } }[];
  if (choice?.delta?.role !== undefined) return undefined;
  return Buffer.from(sseEvent(JSON.stringify({ ...object, ...head })));
}

function objectOf(event: Buffer): JsonObject {
  return JSON.parse(event.toString("utf8", event.indexOf("{"))) as JsonObject;
}
