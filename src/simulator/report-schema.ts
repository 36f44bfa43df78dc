// The JSON Schema of a simulation's report; apart from the rest, because only its page and its test need zod.
import * as z from "zod";

/** Draft 2020-12. */
export function reportJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(reportSchema, { target: "draft-2020-12" });
  const description =
    "What `switchgear simulate --json` and `simulate compare --json` print. Times in ms from the start.";
  return { $schema, title: "SimulationReport", description, ...rest };
}

/** JSON has no NaN: a figure that does not exist is null. */
const figure = z.number().nullable();
const count = z.int().min(0);
const share = figure.describe("0…1");

const distribution = z.strictObject({
  count,
  mean: figure,
  p50: figure,
  p75: figure,
  p90: figure,
  p95: figure,
  p99: figure,
  p999: figure,
  max: figure,
});

const summary = z.strictObject({
  requests: count.describe("That count: without warm-up and cool-down."),
  ok: count,
  failed: count,
  failures: z.record(z.string(), count).describe("Why → how often; at most 8."),
  durationMs: figure,
  ttftMs: distribution,
  ttftFirstChunkMs: distribution,
  tpotMs: distribution.describe("(E2E − TTFT) ÷ (output tokens − 1)."),
  itlMs: distribution.describe("Gaps between tokens, of all requests."),
  e2eMs: distribution,
  tokensPerChunk: figure,
  outputTokensPerSecond: figure,
  requestsPerSecond: figure,
  goodputFraction: share.describe("Requests that meet the SLO ÷ requests that count."),
  goodputPerSecond: figure,
  scheduleLagMs: distribution,
  behindSchedule: z.boolean(),
  hitRate: share.describe("Cached ÷ prompt tokens."),
});

const worker = z.strictObject({
  id: z.string(),
  profile: z.string(),
  requests: count,
  hitRate: share,
  outputTokens: count,
  busy: share.describe("Share of the time in which a step ran; no measure of load."),
  preemptions: count,
});

const world = z.strictObject({
  split: count.describe("Requests whose prompt one worker computed and another one got."),
  whole: count,
  transferMs: distribution.optional(),
  transferredTokens: count,
  failedLoads: count,
  expiredLeases: count,
  workerFailures: count,
  retries: count,
  failed: z.record(z.string(), count),
});

const points = z.array(z.tuple([figure, share])).describe("[ms, share of requests at or below it]");
const overTime = z.array(figure).describe("One mean a bin.");

const series = z
  .strictObject({
    stepMs: figure.describe("Width of a bin."),
    load: z.strictObject({ mean: overTime, most: overTime }).describe("Requests on a worker."),
    workers: z.array(z.strictObject({ id: z.string(), load: overTime })).describe("Of at most 64 workers."),
    queue: overTime.describe("Requests that have no token yet."),
    hitRate: overTime,
  })
  .describe("100 bins over the whole run, the warm-up included.");

const result = z.strictObject({
  format: z.literal(1),
  policy: z.string(),
  seed: z.string(),
  summary,
  ttftRatio: distribution.describe("TTFT ÷ that of an idle worker without cache."),
  workers: z.array(worker),
  imbalance: figure.describe("Most requests on a worker ÷ mean."),
  cachedError: figure.describe("Σ |predicted − real| cached tokens ÷ Σ prompt tokens."),
  interrupted: z.boolean().describe("Ended early: requests that had not ended count as failed."),
  notCounted: count.describe("Requests of warm-up and cool-down."),
  cut: count.describe("Requests that were shortened to what the workers can hold."),
  offeredPerSecond: figure,
  ttftCdf: points,
  tpotCdf: points,
  series,
  world: world.optional().describe("Of a fleet with roles, failures or start-ups."),
});

const variant = z.strictObject({
  name: z.string(),
  policy: z.string().describe("As before the sweeps."),
  swept: z.record(z.string(), z.number()),
  results: z.array(result).describe("One a seed."),
});

const comparison = z.strictObject({
  name: z.string(),
  seeds: count,
  metrics: z.array(
    z.strictObject({
      metric: z.string(),
      value: figure.describe("Mean over seeds."),
      difference: figure.describe("To the first variant, mean over seeds."),
      low: figure.describe("95 % interval by bootstrap over seeds."),
      high: figure,
    }),
  ),
});

const knee = z.strictObject({
  name: z.string(),
  speed: figure.describe("Factor on the arrivals; 0 when the lowest load misses the goal."),
  requestsPerSecond: figure.describe("That came at that speed."),
  runs: count,
  atLeast: z.literal(true).optional().describe("No load that was tried missed the goal."),
});

export const reportSchema = z.strictObject({
  format: z.literal(1),
  partial: z.boolean().describe("Ended by Ctrl-C: what is missing was not simulated."),
  skippedRows: count.describe("Rows of the trace that could not be read."),
  variants: z.array(variant),
  compared: z.array(comparison).optional(),
  knees: z.array(knee).optional(),
  goodput: z.number().optional().describe("That the search for knees asked for."),
});
