// Parses long bodies in a thread, so that one of them does not stall the streams of all others.
import { join } from "node:path";
import { askedThread, type Clock } from "../../core/index.ts";
import {
  type BodyEdit,
  editBody,
  editBodyWithin,
  type InferenceRequest,
  type JsonMembers,
  noteMembers,
} from "../../vllm/index.ts";
import type { Refusal } from "../refusal.ts";
import { gathered } from "./gather.ts";
import { readRequest } from "./read-request.ts";

export interface LongBodies {
  /** Never fails: what the thread cannot take is parsed here. */
  read(chunks: readonly Buffer[], bytes: number): Promise<LongBody | Refusal>;
  close(): Promise<void>;
}

/** A request as parsed, but for its prompt: long members that only a worker reads are empty. */
export interface LongBody {
  readonly request: InferenceRequest;
  readonly body: Buffer;
  /** The body as it is to be sent; it takes the place of `body`, which nobody may read after it. */
  edit(edit: BodyEdit): Buffer;
}

/** Undefined for a request that is no cheaper to hand over than to parse. */
export type LongBodyAnswer = Parsed | Refusal | undefined;

export interface Parsed {
  readonly request: InferenceRequest;
  /** Where its members stand in the bytes. */
  readonly outline: JsonMembers;
}

/** Some 4 ms of parsing and looking for members. */
export const LONG_BODY_BYTES = 256 * 1024;

/** For what edits add: names, salts, options. */
const SPARE_BYTES = 4096;
/** A whole queue of the longest bodies is parsed within the limit. */
const MAX_WAITING = 64;
const LIMIT_MS = 10_000;

export function longBodies(clock: Clock): LongBodies {
  const thread = askedThread<Uint8Array, LongBodyAnswer>({
    file: join(import.meta.dirname, "long-body-thread"),
    clock,
    maxWaiting: MAX_WAITING,
    limitMs: LIMIT_MS,
  });
  return {
    async read(chunks, bytes) {
      const room = await gathered(chunks, bytes, SPARE_BYTES);
      const body = room.subarray(0, bytes);
      const answer = await thread.ask(body);
      if (answer === undefined) return readHere(body);
      if ("status" in answer) return answer;
      const { request, outline } = answer;
      noteMembers(body, outline.members);
      return { request, body, edit: (edit) => editBodyWithin({ room, length: bytes, outline }, edit) };
    },
    close: () => thread.close(),
  };
}

/** Edited in new memory: a thread that is late may still read. */
function readHere(body: Buffer): LongBody | Refusal {
  const request = readRequest(body);
  return "status" in request ? request : { request, body, edit: (edit) => editBody(body, edit) };
}
