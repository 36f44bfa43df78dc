// Takes a request's body into memory, within a limit for one and a limit for all.
import type { IncomingMessage } from "node:http";
import { type Refusal, RETRY_AFTER, refusal } from "./refusal.ts";

export interface BodyRoom {
  readonly held: number;
  /** False when there is no room for `bytes` more. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export function bodyRoom(limit: number): BodyRoom {
  let held = 0;
  return {
    get held() {
      return held;
    },
    take(bytes) {
      if (held + bytes > limit) return false;
      held += bytes;
      return true;
    },
    give(bytes) {
      held -= bytes;
    },
  };
}

export interface BodyLimits {
  readonly bodyBytes: number;
  readonly room: BodyRoom;
}

/** `bytes` of room stay taken until the caller gives them back. */
export interface HeldBody {
  /** As they came; together `bytes` long. */
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
}

const CLOSE = { connection: "close" } as const;

/** Undefined when the client left before the end. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<HeldBody | Refusal | undefined> {
  const { bodyBytes, room } = limits;
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > bodyBytes) return Promise.resolve(tooLarge(bodyBytes));
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;

    function settle(result: HeldBody | Refusal | undefined): void {
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
      if (result === undefined || !("chunks" in result)) room.give(bytes);
      // What still comes is read and thrown away, so that the client gets to see the answer.
      if (result !== undefined && !("chunks" in result)) request.resume();
      resolve(result);
    }
    function onData(chunk: Buffer): void {
      if (bytes + chunk.length > bodyBytes) return settle(tooLarge(bodyBytes));
      if (!room.take(chunk.length)) return settle(noRoom());
      bytes += chunk.length;
      chunks.push(chunk);
    }
    function onEnd(): void {
      settle({ chunks, bytes });
    }
    function onClose(): void {
      settle(undefined);
    }
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
  });
}

function tooLarge(limit: number): Refusal {
  return refusal(413, `The request body is larger than ${limit} bytes.`, { headers: CLOSE });
}

function noRoom(): Refusal {
  return refusal(503, "The gateway holds as many request bodies as it may; try again.", {
    headers: { ...CLOSE, ...RETRY_AFTER },
  });
}
