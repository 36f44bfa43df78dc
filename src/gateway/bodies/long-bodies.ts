// Parses long bodies in a thread, so that one of them does not stall the streams of all others.
import { join } from "node:path";
import { askedThread, type Clock } from "../../core/index.ts";
import { type BodyEdit, editBody, editBodyWithin, type InferenceRequest, type JsonMembers } from "../../vllm/index.ts";
import type { Refusal } from "../refusal.ts";
import { gathered, joined } from "./gather.ts";
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
  /** The same bytes in memory that may be given away; undefined when they were parsed here. */
  readonly copy: ArrayBuffer | undefined;
  /** The body as it is to be sent, in the memory of `body`: for its last reader. */
  edit(edit: BodyEdit): Buffer;
}

/** Memory that begins with a body. */
export interface BodyRoom {
  readonly room: ArrayBuffer;
  readonly bytes: number;
}

/** The memory comes back. */
export interface LongBodyAnswer extends BodyRoom {
  /** Undefined when it is no cheaper to hand over than to parse. */
  readonly read: Parsed | Refusal | undefined;
  readonly copy: ArrayBuffer | undefined;
}

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
  const thread = askedThread<BodyRoom, LongBodyAnswer>({
    file: join(import.meta.dirname, "long-body-thread"),
    clock,
    maxWaiting: MAX_WAITING,
    limitMs: LIMIT_MS,
  });
  return {
    async read(chunks, bytes) {
      const { buffer: room } = await gathered(chunks, bytes, SPARE_BYTES);
      const answer = await thread.ask({ room, bytes }, [room]);
      // The thread has the memory, and will not give it back.
      if (answer === undefined) return readHere(room.detached ? joined(chunks, bytes) : Buffer.from(room, 0, bytes));
      const { read, copy } = answer;
      if (read === undefined) return readHere(Buffer.from(answer.room, 0, bytes));
      return "status" in read ? read : handedOver(read, answer.room, { bytes, copy });
    },
    close: () => thread.close(),
  };
}

function readHere(body: Buffer): LongBody | Refusal {
  const request = readRequest(body);
  if ("status" in request) return request;
  return { request, body, copy: undefined, edit: (edit) => editBody(body, edit) };
}

interface Bytes {
  readonly bytes: number;
  readonly copy: ArrayBuffer | undefined;
}

function handedOver({ request, outline }: Parsed, memory: ArrayBuffer, { bytes, copy }: Bytes): LongBody {
  const room = Buffer.from(memory);
  const body = room.subarray(0, bytes);
  return { request, body, copy, edit: (edit) => editBodyWithin({ room, length: bytes, outline }, edit) };
}
