// Two answers to one request as bytes with their times: what is handed to the comparison, off the users' path.
import type { ArmLegClass } from "../arms/arms.ts";

export interface RawAnswer {
  readonly class: ArmLegClass;
  readonly status: number;
  readonly contentType: string;
  readonly sentAt: number;
  readonly endedAt: number;
  /** All that was kept, in one piece: a message to a thread copies the whole buffer under each piece. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where in `bytes` each chunk ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** When each chunk came, by the clock of `sentAt` and `endedAt`. */
  readonly times: Float64Array<ArrayBuffer>;
}

export interface RawPair {
  readonly kind: "pair" | "repeat";
  readonly session: string;
  /** Epoch ms of the primary's dispatch. */
  readonly at: number;
  readonly stratum: string;
  readonly streamed: boolean;
  /** Members of the request on which the comparison depends. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Model names: the client's, and what the shadow's arm calls it. */
  readonly model: string;
  readonly shadowModel: string;
  readonly primaryModel: string;
  readonly primary: RawAnswer;
  readonly shadow: RawAnswer;
  readonly truncated: boolean;
  /** The client's body and its path, when they are asked for. */
  readonly request?: { readonly path: string; readonly body: Buffer };
}

const COMPARED = ["temperature", "top_k", "seed", "logprobs", "top_logprobs", "response_format", "tools"] as const;

export function comparedFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(COMPARED.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]));
}
