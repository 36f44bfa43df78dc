// Parses long bodies in a thread, so that one of them does not stall the streams of all others.
import { join } from "node:path";
import { askedThread, type Clock } from "../../core/index.ts";
import type { InferenceRequest, JsonMembers } from "../../vllm/index.ts";
import type { Refusal } from "../refusal.ts";
import { readRequest } from "./read-request.ts";

export interface LongBodies {
  /** Never fails: what the thread cannot take is parsed here. */
  read(body: Buffer): Promise<LongBody | Refusal>;
  close(): Promise<void>;
}

/** A request as parsed, but for its prompt: long members that only a worker reads are empty. */
export interface LongBody {
  readonly request: InferenceRequest;
  /** Where its members stand in the bytes; undefined when it was parsed here. */
  readonly outline: JsonMembers | undefined;
}

/** Undefined for a body that is no cheaper to hand over than to parse. */
export type LongBodyAnswer = LongBody | Refusal | undefined;

/** Some 4 ms of parsing and looking for members. */
export const LONG_BODY_BYTES = 256 * 1024;

/** A whole queue of the longest bodies is parsed within the limit. */
const MAX_WAITING = 64;
const LIMIT_MS = 10_000;

export function longBodies(clock: Clock): LongBodies {
  const thread = askedThread<ArrayBuffer, LongBodyAnswer>({
    file: join(import.meta.dirname, "long-body-thread"),
    clock,
    maxWaiting: MAX_WAITING,
    limitMs: LIMIT_MS,
  });
  return {
    async read(body) {
      const copy = copyOf(body);
      const answer = await thread.ask(copy, [copy]);
      if (answer !== undefined) return answer;
      const request = readRequest(body);
      return "fields" in request ? { request, outline: undefined } : request;
    },
    close: () => thread.close(),
  };
}

/** In memory of its own: a Buffer may share its own with others. */
function copyOf(body: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(body.length);
  new Uint8Array(copy).set(body);
  return copy;
}
