// Which fault strikes one request: pure, and the same for the same seed and order of requests.
import type { Random } from "../../core/index.ts";
import type { ErrorKind, FaultSpec } from "./fault-spec.ts";

export type Cut =
  | { readonly after: number; readonly how: "stall" }
  | { readonly after: number; readonly how: "fin" }
  | { readonly after: number; readonly how: "reset" }
  | { readonly after: number; readonly how: "in_band" };

export interface RequestFault {
  readonly delayMs: number;
  /** Answered in place of the API. */
  readonly answer: Exclude<ErrorKind, "in_band"> | undefined;
  /** What happens to the answer of the API. */
  readonly cut: Cut | undefined;
}

/** Draws five numbers whatever the spec says, so that one fault's rate does not move another's pattern. */
export function decideFault(spec: FaultSpec, random: Random): RequestFault {
  const [errorDraw, latencyDraw, jitterDraw, stallDraw, closeDraw] = [
    random.next(),
    random.next(),
    random.next(),
    random.next(),
    random.next(),
  ];
  const { latency, stall, close } = spec;
  const error = pickError(spec, errorDraw);
  const delayMs = latency && latencyDraw < latency.rate ? latency.ms + jitterDraw * latency.jitterMs : 0;
  if (error && error.kind !== "in_band") return { delayMs, answer: error.kind, cut: undefined };
  return { delayMs, answer: undefined, cut: pickCut() };

  function pickCut(): Cut | undefined {
    if (error) return { after: error.afterChunks, how: "in_band" };
    if (stall && stallDraw < stall.rate) return { after: stall.afterChunks, how: "stall" };
    if (close && closeDraw < close.rate) return { after: close.afterChunks, how: close.how };
    return undefined;
  }
}

function pickError(spec: FaultSpec, draw: number): FaultSpec["errors"][number] | undefined {
  let edge = 0;
  return spec.errors.find((error) => draw < (edge += error.rate));
}
