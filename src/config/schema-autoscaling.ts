// Shape of `spec.autoscaling`: how the number of workers follows load.
import * as z from "zod";
import { field } from "./field.ts";

const BOUNDS = "autoscaling's bounds hold for the pools prefill and decode";
const SETTINGS = "fields of autoscaling are what its decisions are made with";
const SEED = "mode seed: one worker more above either threshold, one less below both, none while it cools down";
const LIVE = "one worker becomes four under load and one again, and no request fails";

function replicaBound(effect: string, fallback: string) {
  return field({ effect, origin: "seed", test: BOUNDS, fallback }, z.int().min(1).max(4096).optional());
}

function thresholdSchema(gpuUtilization: number, queueDepth: number) {
  return z
    .strictObject({
      gpuUtilization: field(
        {
          effect:
            "Share of the pool's capacity in use: offered load over the load at which one worker's share just meets the SLO.",
          origin: "seed",
          test: SEED,
          expected: "a number from 0 to 1",
        },
        z.number().min(0).max(1).default(gpuUtilization),
      ),
      queueDepth: field(
        { effect: "Requests waiting in the pool.", origin: "seed", test: SEED },
        z.int().min(0).max(1_000_000).default(queueDepth),
      ),
    })
    .prefault({});
}

function seconds(
  { effect, test = SETTINGS, origin = "switchgear" }: { effect: string; test?: string; origin?: "seed" | "switchgear" },
  { least, standard }: { readonly least: number; readonly standard: number },
) {
  return field(
    { effect, origin, test, unit: "s", expected: `a number from ${least} to 86400` },
    z.number().min(least).max(86_400).default(standard),
  );
}

const scheduleEntry = z.strictObject({
  from: field(
    {
      effect: "Time of the day, UTC, from which on the entry holds.",
      origin: "switchgear",
      test: SETTINGS,
      expected: "HH:MM, 00:00 to 23:59",
      example: "08:00",
    },
    z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  ),
  replicas: field(
    {
      effect: "Workers of each pool from then on, within its bounds.",
      origin: "switchgear",
      test: SETTINGS,
      example: 1,
    },
    z.int().min(1).max(4096),
  ),
});

export const autoscalingSchema = z.strictObject({
  enabled: field(
    { effect: "Changes the number of workers by load, within the bounds of each pool.", origin: "seed", test: LIVE },
    z.boolean().default(false),
  ),
  mode: field(
    {
      effect:
        "`slo`: as many workers as `spec.slo` needs by prediction. `seed`: by the two thresholds. `schedule`: by the time of the day. `manual`: as many as `switchgear scale set` says; until then as many as there are when it takes over from another mode, else `replicas`.",
      origin: "switchgear",
      test: SETTINGS,
      fallback: "`slo` when `spec.slo` states a latency, else `seed`",
    },
    z.enum(["slo", "seed", "schedule", "manual"]).optional(),
  ),
  dryRun: field(
    {
      effect: "Decides, records and shows, but starts and stops nothing.",
      origin: "switchgear",
      test: "dryRun: decisions are recorded and shown, and nothing is started",
    },
    z.boolean().default(false),
  ),
  minPrefillReplicas: replicaBound("Lower bound of the prefill pool.", "prefill.replicas"),
  maxPrefillReplicas: replicaBound("Upper bound of the prefill pool.", "prefill.replicas"),
  minDecodeReplicas: replicaBound("Lower bound of the decode pool.", "decode.replicas"),
  maxDecodeReplicas: replicaBound("Upper bound of the decode pool.", "decode.replicas"),
  scaleUpThreshold: field(
    { effect: "Mode `seed`: above either figure a worker is added.", origin: "seed" },
    thresholdSchema(0.8, 50),
  ),
  scaleDownThreshold: field(
    { effect: "Mode `seed`: below both figures a worker is drained.", origin: "seed" },
    thresholdSchema(0.35, 5),
  ),
  cooldownSeconds: field(
    { effect: "Mode `seed`: time between two changes of a pool.", origin: "seed", test: SEED, unit: "s" },
    z.int().min(0).max(86_400).default(120),
  ),
  schedule: field(
    {
      effect: "Mode `schedule`: the last entry that began holds, of yesterday when none has begun today.",
      origin: "switchgear",
      test: SETTINGS,
    },
    z.array(scheduleEntry).max(1440).default([]),
  ),
  intervalSeconds: seconds({ effect: "Time between two decisions.", test: LIVE }, { least: 0.1, standard: 30 }),
  stabilisationSeconds: field(
    {
      effect: "Fewer workers must have been enough for so long before one is drained.",
      origin: "switchgear",
      test: LIVE,
      unit: "s",
      fallback: "1.5 × `startupSeconds`, at least 60; for an hour after traffic jumped at least 300",
      expected: "a number from 0 to 86400",
    },
    z.number().min(0).max(86_400).optional(),
  ),
  startupSeconds: seconds(
    {
      effect:
        "How long a new worker takes until it serves; the arrival rate is projected over it. A worker that is dead for longer is replaced.",
    },
    { least: 0, standard: 120 },
  ),
  staleSeconds: seconds(
    { effect: "Figures of a worker that are older are not used; with none left the number is held." },
    { least: 1, standard: 90 },
  ),
  warmupSeconds: seconds(
    {
      effect:
        "A worker that joins gets a share of requests that grows to its full one over so long: its cache is cold, its first steps are slow. 0: at once.",
      test: "autoscaling.warmupSeconds: a worker that joins gets a growing share of requests",
    },
    { least: 0, standard: 0 },
  ),
  prewarm: field(
    { effect: "What a worker that joins is given before requests bring it.", origin: "switchgear" },
    z
      .strictObject({
        prefixes: field(
          {
            effect:
              "As many of the hottest beginnings of prompts are sent to each worker that joins, one token asked of each, so that its cache has them. 0: none.",
            origin: "switchgear",
            test: "autoscaling.prewarm.prefixes: a worker that joins has the hottest prefixes before a request brings them",
            expected: "a whole number from 0 to 32",
          },
          z.int().min(0).max(32).default(0),
        ),
      })
      .prefault({}),
  ),
  idleSeconds: seconds(
    {
      effect: "With `minReplicas: 0` the last worker is drained when nobody has asked for so long.",
      test: "the last worker goes when nobody asks, the model stays listed, and the next request waits for a new one",
    },
    { least: 0.1, standard: 600 },
  ),
  upStep: field(
    { effect: "Workers added by one decision, at the most.", origin: "switchgear", test: SETTINGS },
    z.int().min(1).max(4096).default(4),
  ),
  headroom: field(
    {
      effect: "Mode `slo`: predictions must stay below this share of the SLO.",
      origin: "switchgear",
      test: SETTINGS,
      expected: "a number above 0, at most 1",
    },
    z.number().gt(0).max(1).default(0.9),
  ),
});
