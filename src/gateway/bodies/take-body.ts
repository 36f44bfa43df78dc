// A body in one piece, and parsed already when it is long.
import type { HeldBody } from "../read-body.ts";
import type { Refusal } from "../refusal.ts";
import type { ForwardRoute } from "../routes.ts";
import { gathered, joined } from "./gather.ts";
import { LONG_BODY_BYTES, type LongBodies, type LongBody } from "./long-bodies.ts";

export interface TakenBody {
  readonly body: Buffer;
  /** Undefined for a body that is still to be parsed. */
  readonly read?: LongBody | Refusal;
}

/** Of a refused request nothing is sent. */
const EMPTY = Buffer.alloc(0);

export function takeBody(
  bodies: LongBodies,
  route: ForwardRoute,
  { chunks, bytes }: HeldBody,
): TakenBody | Promise<TakenBody> {
  if (bytes <= LONG_BODY_BYTES) return { body: joined(chunks, bytes) };
  if (route.body === "multipart") return gathered(chunks, bytes).then((body) => ({ body }));
  return bodies.read(chunks, bytes).then((read) => ({ body: "status" in read ? EMPTY : read.body, read }));
}
