// Which step-time profile judges a pool's workers when the deployment names none.
import type { Deployment, Pool } from "../config/index.ts";
import { type EngineProfile, loadProfile, profileNames, type ProfileOverrides } from "../model/index.ts";

export interface ChosenProfile {
  readonly profile: EngineProfile;
  /** Not the model's own: only the shape of the costs holds, the slow-down factor corrects the rest. */
  readonly approximate: boolean;
}

/** `changes` win over what the deployment says. */
export function chooseProfile(
  { model }: Deployment,
  pool: Pool,
  { name: asked, ...changes }: ProfileOverrides & { readonly name?: string | undefined } = {},
): ChosenProfile {
  const overrides = { ...overridesOf(pool), ...definedOf(changes) };
  const named = asked ?? pool.costProfile ?? (pool.workers.kind === "simulated" ? pool.workers.profile : undefined);
  if (named !== undefined) return { profile: loadProfile(named, overrides), approximate: false };
  const fit = best(
    model.name,
    pool.tensorParallelSize,
    /fp8|w8a8|int8/i.test(`${model.quantization ?? ""} ${model.name}`),
  );
  return { profile: loadProfile(fit.name, overrides), approximate: !fit.sameModel };
}

function definedOf(changes: ProfileOverrides): ProfileOverrides {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

/** What the deployment says of the engine holds for the model of it too. */
export function overridesOf(pool: Pool): ProfileOverrides {
  const { maxBatchSize, maxBatchedTokens, gpuMemoryUtilization, pipelineParallelSize } = pool;
  return {
    maxSequences: maxBatchSize,
    maxBatchedTokens,
    gpuMemoryUtilization,
    pipelineParallel: pipelineParallelSize > 1 ? pipelineParallelSize : undefined,
  };
}

function best(model: string, gpus: number, fp8: boolean): { name: string; sameModel: boolean } {
  const size = /(\d+)b\b/i.exec(model)?.[1] ?? "";
  const family = model.toLowerCase().includes("qwen") ? "qwen3" : "llama-3.1";
  const scored = profileNames().map((name) => ({
    name,
    sameModel: name.startsWith(`${family}-${size}b-`),
    score: score(name, { size, family, gpus, fp8 }),
  }));
  scored.sort((a, b) => b.score - a.score);
  return scored[0] ?? { name: "llama-3.1-8b-h100-tp1-bf16", sameModel: false };
}

interface Wanted {
  readonly size: string;
  readonly family: string;
  readonly gpus: number;
  readonly fp8: boolean;
}

/** Size first, then family, GPUs, precision; H100 among equals, as the commonest. */
function score(name: string, { size, family, gpus, fp8 }: Wanted): number {
  const points = [
    name.includes(`-${size}b-`),
    name.startsWith(family),
    name.includes(`-tp${gpus}-`),
    name.endsWith(fp8 ? "fp8" : "bf16"),
    name.includes("h100"),
  ];
  return points.reduce((sum, hit) => sum * 2 + (hit ? 1 : 0), 0);
}
