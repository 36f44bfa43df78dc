// What the gateway and the thread that sends copies tell each other.
import type { Worker } from "../../../fleet/index.ts";
import type { RawAnswer } from "../raw-pair.ts";

export type LegWorker = Pick<Worker, "id" | "origin" | "tls">;

export interface LegOrder {
  readonly worker: LegWorker;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly connectTimeoutMs: number;
  /** From its start to its end. */
  readonly limitMs: number;
  readonly maxAnswerBytes: number;
}

export type ToLegThread =
  | { readonly kind: "send"; readonly number: number; readonly order: LegOrder }
  /** Its time is over: it is told as it is. */
  | { readonly kind: "timeOut"; readonly number: number }
  /** Nobody waits for it. */
  | { readonly kind: "abort"; readonly number: number };

export type FromLegThread =
  | { readonly kind: "first"; readonly number: number }
  | { readonly kind: "ended"; readonly number: number; readonly ended: EndedLeg };

export interface EndedLeg {
  readonly answer: RawAnswer;
  /** It was longer than what is kept. */
  readonly cut: boolean;
  /** That came. */
  readonly bytes: number;
}
