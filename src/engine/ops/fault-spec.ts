// What a simulated engine does wrong on purpose: the body of POST /_sim/faults and the value of --faults.
import { z } from "zod";
import { schemaError, schemaIssues } from "./schema-issues.ts";

const rate = z.number().min(0).max(1).default(1);
const ms = z.int().min(0);
const chunks = z.int().min(0);

/** When a fault of the whole process strikes: after a time (default at once) or with the n-th inference request. */
const trigger = { afterMs: ms.optional(), afterRequests: z.int().min(1).optional() };

export const ERROR_KINDS = ["500", "503", "429", "draining", "invalid_json", "in_band"] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

export const METRICS_FAULTS = ["garbage", "zeros", "old_names", "error", "silent"] as const;
export type MetricsFault = (typeof METRICS_FAULTS)[number];

const faultSchema = z
  .strictObject({
    /** Same seed, same requests in the same order: same faults. */
    seed: z.union([z.int(), z.string()]).default(1),
    /** Request paths that request faults strike; default every POST of an inference path. */
    paths: z.array(z.string().startsWith("/")).optional(),
    /** One error a request at the most; the rates add up to at most 1. `afterChunks` counts for in_band. */
    errors: z.array(z.strictObject({ kind: z.enum(ERROR_KINDS), rate, afterChunks: chunks.default(1) })).default([]),
    /** Added before the request is looked at. */
    latency: z.strictObject({ ms, jitterMs: ms.default(0), rate }).optional(),
    /** No byte any more after so many chunks, connection open. */
    stall: z.strictObject({ afterChunks: chunks, rate }).optional(),
    /** The connection ends after so many chunks, without the end of the body. */
    close: z.strictObject({ afterChunks: chunks, how: z.enum(["fin", "reset"]).default("fin"), rate }).optional(),
    /** The process is gone at once. */
    crash: z.strictObject(trigger).optional(),
    /** vLLM's engine process dies under its HTTP server. */
    engineDeath: z.strictObject(trigger).optional(),
    /** Connections are taken, nothing is answered; for ever unless `forMs`. */
    hang: z.strictObject({ ...trigger, forMs: ms.optional() }).optional(),
    /** New connections are refused. */
    refuse: z.strictObject({ ...trigger, forMs: ms }).optional(),
    /** A start that takes `forMs`: connections taken but silent (vLLM), refused, or /health 503. */
    slowStart: z.strictObject({ forMs: ms, how: z.enum(["silent", "refused", "503"]).default("silent") }).optional(),
    health: z.enum(["503", "silent"]).optional(),
    metrics: z.enum(METRICS_FAULTS).optional(),
    /** `block_size` that cache_config_info claims. */
    metricsBlockSize: z.int().min(1).optional(),
    kvEvents: z
      .strictObject({
        /** Share of batches that are lost: their sequence number is missing, also in the replay. */
        dropRate: z.number().min(0).max(1).default(0),
        /** Nothing is published and no number is used. */
        silent: z.boolean().default(false),
        /** `block_size` that BlockStored claims. */
        blockSize: z.int().min(1).optional(),
        /** The replay socket does not answer. */
        replaySilent: z.boolean().default(false),
      })
      .optional(),
  })
  .refine((spec) => spec.errors.reduce((sum, error) => sum + error.rate, 0) <= 1 + 1e-9, {
    path: ["errors"],
    message: "the rates of all errors add up to at most 1",
  });

export type FaultSpec = z.infer<typeof faultSchema>;

export const NO_FAULTS: FaultSpec = { seed: 1, errors: [] };

/** Throws SWG_FAULTS_INVALID with every fault of the input. `where`: a flag or a path. */
export function parseFaultSpec(input: unknown, where: string): FaultSpec {
  const result = faultSchema.safeParse(input);
  if (result.success) return result.data;
  throw schemaError("SWG_FAULTS_INVALID", where, schemaIssues(result.error.issues, input));
}

/** The value of `--faults`: JSON text. */
export function parseFaultText(text: string, where: string): FaultSpec {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    const expected = `JSON, for example {"errors":[{"kind":"503","rate":0.1}]}; ${String(cause)}`;
    throw schemaError("SWG_FAULTS_INVALID", where, [{ path: "(top level)", value: text, expected }]);
  }
  return parseFaultSpec(input, where);
}
