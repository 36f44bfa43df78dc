// Stands between the API and one response, so that a fault can silence, cut or fail it without the API's help.
import type { ServerResponse } from "node:http";
import { answer } from "./answer.ts";
import type { Cut } from "./decide-fault.ts";
import { failedAnswer, IN_BAND_END } from "./error-bodies.ts";

export interface ResponseGate {
  /** From now on no byte and no end; the connection stays. */
  mute(): void;
  /** The engine died: an in-band error on a started stream, else 500. */
  fail(): void;
}

type Chunk = string | Uint8Array;

export function gateResponse(response: ServerResponse, cut: Cut | undefined): ResponseGate {
  const write = response.write.bind(response) as (chunk: Chunk, done?: () => void) => boolean;
  const end = response.end.bind(response) as (chunk?: Chunk) => ServerResponse;
  const flushHeaders = response.flushHeaders.bind(response);
  let shut = false;
  let chunks = 0;

  response.write = ((chunk: Chunk, ...rest: unknown[]) => {
    const done = rest.find((item) => typeof item === "function") as (() => void) | undefined;
    if (shut) return true;
    if (!cut) return write(chunk, done);
    const kept = firstEvents(chunk, cut.after - chunks);
    chunks += kept.events;
    if (chunks < cut.after) return write(chunk, done);
    cutNow(cut, kept.bytes);
    return true;
  }) as typeof response.write;

  response.end = ((chunk?: unknown) => {
    if (shut) return response;
    const body = typeof chunk === "function" ? undefined : (chunk as Chunk | undefined);
    // A whole answer has no chunks to count: it is cut before its first byte. In-band errors exist on streams only.
    if (cut && cut.how !== "in_band" && chunks === 0 && body !== undefined) {
      cutNow(cut, undefined);
      return response;
    }
    return body === undefined ? end() : end(body);
  }) as typeof response.end;

  response.flushHeaders = () => {
    if (!shut && cut?.after !== 0) flushHeaders();
  };

  return {
    mute: () => {
      shut = true;
    },
    fail() {
      if (shut || response.writableEnded) return;
      shut = true;
      if (response.headersSent) endInBand();
      else answerWhole();
    },
  };

  function cutNow({ how }: Cut, last: Chunk | undefined): void {
    shut = true;
    if (how === "in_band") {
      if (last) write(last);
      return endInBand();
    }
    if (how === "stall") {
      if (last) write(last);
      return;
    }
    const socket = response.socket;
    if (!socket) return;
    const hangUp = () => (how === "fin" ? socket.destroySoon() : socket.resetAndDestroy());
    if (last) write(last, hangUp);
    else hangUp();
  }

  function endInBand(): void {
    write(IN_BAND_END);
    end();
  }

  function answerWhole(): void {
    response.end = end as typeof response.end;
    answer(response, failedAnswer("500"));
  }
}

/** The chunk up to the end of its `limit`-th SSE event, and how many events that holds. */
function firstEvents(chunk: Chunk, limit: number): { bytes: Chunk | undefined; events: number } {
  const bytes = Buffer.from(chunk);
  let end = 0;
  let events = 0;
  while (events < limit) {
    const next = bytes.indexOf("\n\n", end);
    if (next < 0) break;
    end = next + 2;
    events++;
  }
  return { bytes: end === 0 ? undefined : bytes.subarray(0, end), events };
}
