// The shape of a migration plan: every field, its bounds, its default and what it does.
import * as z from "zod";
import { API_VERSION } from "../schema.ts";
import { addressShape, armShape, secretFromShape } from "./endpoint-shape.ts";

const seconds = z.number().min(0).max(31_536_000);
const share = z.number().min(0).max(1);

const stepShape = z.strictObject({
  weight: z.number().gt(0).max(1).describe("Share of sessions that the candidate serves, above 0 to 1."),
  note: z.string().max(200).optional().describe("Shown with the step."),
  soakSeconds: seconds.optional().describe("Time with evidence before the step may end; a day by default."),
  minRequests: z.int().min(0).optional().describe("Counted candidate requests before the step may end."),
  needsApproval: z.boolean().optional().describe("The step ends only when a person says so."),
});

const scheduleShape = z.strictObject({
  steps: z
    .array(stepShape)
    .min(1)
    .max(100)
    .optional()
    .describe("Weights rise and end at 1. Without it: days 1, 2, 3, 5, 7, 10, 14 → 1, 5, 10, 25, 50, 75, 100 %."),
  minRequests: z.int().min(0).default(1000).describe("Of steps that do not say."),
  finalHoldSeconds: seconds.default(259_200).describe("At 100 %: how long the legacy arm keeps its capacity."),
  checkIntervalSeconds: z.number().min(0.05).max(3600).default(30).describe("Time between two looks at the evidence."),
  noDataGraceSeconds: seconds
    .optional()
    .describe("Without answers of the candidate for so long nothing moves; 10 minutes."),
  requestsPerSecond: z
    .number()
    .gt(0)
    .default(100)
    .describe("Of both arms; sets the horizon of the false-alarm budget."),
  timeScale: z
    .number()
    .min(1)
    .max(1e7)
    .default(1)
    .describe("Planned time ÷ real time: 1 in production, large in rehearsals."),
});

const pattern = z.string().min(1).max(1000).refine(compiles, "Expected a regular expression.");

function compiles(source: string): boolean {
  try {
    return new RegExp(source, "gu") instanceof RegExp;
  } catch {
    return false;
  }
}

const textsShape = z.strictObject({
  ttlHours: z.number().gt(0).max(8760).describe("Texts are deleted so long after they came."),
  mask: z
    .array(pattern)
    .max(100)
    .default([])
    .describe("Regular expressions; what matches is replaced before anything is written."),
});

const shadowShape = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe("Copies traffic to the candidate and waits for the verdict before the first step."),
  fraction: share.default(0.05).describe("Share of sessions that are copied."),
  strata: z
    .record(z.string(), share)
    .default({})
    .describe("Another share for requests of a kind, such as `long stream tools`."),
  repeatFraction: share
    .default(0.1)
    .describe("Share of the sessions that also go to the legacy arm twice, to know its noise."),
  verdictAfterSeconds: seconds
    .default(86_400)
    .describe("The one time at which the verdict is judged, from the start of shadowing."),
  waive: z
    .array(z.enum(["span", "load", "fraction", "repeat"]))
    .default([])
    .describe("Validity checks that the operator takes the responsibility for."),
  texts: textsShape
    .optional()
    .describe("Keeps the texts of prompts and answers of copied requests; figures and hashes only by default."),
  crossScorePerMinute: z
    .number()
    .min(0)
    .max(600)
    .default(2)
    .describe("Answers that part from the legacy's and are scored by it, a prefill each; 0: none."),
  minPairs: z.int().min(1).default(1000).describe("Pairs that a verdict needs."),
  maxInflight: z.int().min(1).max(100_000).default(64).describe("Copies running at once; there is no queue."),
  pairLimitSeconds: seconds.default(30).describe("How long a copy may end after its primary."),
  requestLimitSeconds: seconds.default(60).describe("How long a copy may take."),
  coldStartSeconds: seconds.default(60).describe("Nothing is copied for so long after the start."),
  maxBytesPerDay: z
    .int()
    .min(0)
    .optional()
    .describe("Bytes of copies and their answers in a UTC day; no cap by default."),
  maxTokensPerDay: z.int().min(0).optional().describe("Tokens of copies in a UTC day; no cap by default."),
  maxCostPerDay: z
    .number()
    .min(0)
    .optional()
    .describe("Cost of copies in a UTC day, in the unit of costPerMillionTokens."),
  costPerMillionTokens: z.number().min(0).default(0).describe("By which maxCostPerDay is kept."),
  brakeLoopLagMs: z.number().gt(0).default(50).describe("Copies pause while the gateway's event loop lags more."),
  brakePrimaryP99Ms: z
    .number()
    .gt(0)
    .optional()
    .describe("Copies pause while the primary's first bytes come later; the SLO by default."),
});

const rollbackShape = z.strictObject({
  detector: z
    .enum(["windowed", "perRequest", "fixedWindow"])
    .default("windowed")
    .describe("`fixedWindow` is the seed's rule."),
  falseAlarmBudget: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.04)
    .describe("Probability of a false rollback over the whole plan."),
  maxErrorRate: z.number().gt(0).lt(1).default(0.01).describe("Tolerated share of failed legs."),
  maxSlowRate: z.number().gt(0).lt(1).default(0.01).describe("Tolerated share of first tokens above the threshold."),
  maxTimeoutRate: z.number().gt(0).lt(1).default(0.05).describe("Tolerated share of timeouts."),
  baselineTtftMs: z.number().gt(0).optional().describe("P99 TTFT of the legacy arm; 500 when there is none."),
  ttftFactor: z
    .number()
    .gt(0)
    .default(2)
    .describe("The TTFT threshold is the smaller of this × baseline and sloCap × SLO."),
  sloCap: z.number().gt(0).default(1).describe("See ttftFactor."),
  candidateFirstByteSeconds: z
    .number()
    .gt(0)
    .max(3600)
    .default(60)
    .describe("A candidate leg without a byte for so long is a timeout, and the legacy arm is asked."),
  probeSeconds: z.number().min(0.05).max(3600).default(5).describe("Time between active probes of the candidate."),
});

const notifyShape = z.strictObject({
  url: addressShape.optional().describe("Where to post; use urlFrom when the address is a secret."),
  urlFrom: secretFromShape.optional().describe("Where the address is read from."),
  form: z.enum(["generic", "slack"]).default("generic").describe("Form of the posted JSON."),
});

export const migrationSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION).describe("Names this format."),
  kind: z.literal("MigrationPlan").describe("Names this kind of document."),
  metadata: z.strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
      .describe("Name of the plan, used in paths and files: small letters, digits and hyphens."),
  }),
  spec: z.strictObject({
    legacy: armShape.describe("What serves today."),
    candidate: armShape.describe("What is migrated to."),
    slo: z
      .strictObject({
        ttftP99Ms: z.number().gt(0).optional().describe("By which rollback and verdict call a request slow."),
      })
      .prefault({})
      .describe("Objectives; the deployment's by default."),
    schedule: scheduleShape.prefault({}).describe("Steps and their times."),
    gates: z
      .strictObject({
        alpha: z.number().gt(0).max(0.5).default(0.05).describe("Probability that a worse candidate passes all gates."),
        margin: z
          .number()
          .gt(0)
          .max(0.5)
          .default(0.01)
          .describe("How far its shares of errors and slow requests may lie above the legacy's."),
      })
      .prefault({})
      .describe("What a step must show."),
    shadow: shadowShape.prefault({}).describe("Copies of traffic before the first step."),
    rollback: rollbackShape.prefault({}).describe("When traffic goes back."),
    notify: z.array(notifyShape).max(20).default([]).describe("Webhooks; never waited for."),
  }),
});

export type MigrationDocument = z.output<typeof migrationSchema>;
