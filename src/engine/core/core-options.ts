// The settings of a simulated engine's core, checked against each other.
import { SwitchgearError } from "../../core/index.ts";
import type { StepCost } from "../../model/index.ts";
import type { KvRole, LoadFailurePolicy } from "./kv-transfer.ts";
import type { SchedulingPolicy } from "./waiting-queue.ts";

/** `{...profile.limits, cost: stepCost(profile)}` is enough. */
export interface EngineCoreOptions {
  readonly cost: StepCost;
  readonly blockSize: number;
  /** As vLLM's num_gpu_blocks: one of them is the null block. */
  readonly kvBlocks: number;
  readonly maxSequences: number;
  readonly maxBatchedTokens: number;
  /** Default fcfs. */
  readonly policy?: SchedulingPolicy | undefined;
  /** Default true. */
  readonly prefixCaching?: boolean | undefined;
  /** Collects KV events. Default false. */
  readonly events?: boolean | undefined;
  /** Default true. */
  readonly chunkedPrefill?: boolean | undefined;
  /** Default true. */
  readonly reserveFullPrompt?: boolean | undefined;
  /** Default 0, no limit. */
  readonly longPrefillThreshold?: number | undefined;
  /** Distinct adapters in one step; default Infinity, of an engine that has none. */
  readonly maxLoras?: number | undefined;
  /** Engines of different seed hash equal blocks differently, as vLLM's without PYTHONHASHSEED. */
  readonly hashSeed?: string | undefined;
  /** All prompts come with `content`: the cache keeps runs of blocks. Default false. */
  readonly runs?: boolean | undefined;
  /** Default none: what requests say of transfers is ignored, as by a vLLM without connector. */
  readonly kvRole?: KvRole | "none" | undefined;
  /** Default fail, as vLLM's. */
  readonly loadFailure?: LoadFailurePolicy | undefined;
  /** Factor of the next step's duration. */
  readonly noise?: (() => number) | undefined;
}

export type CheckedOptions = { readonly [K in keyof EngineCoreOptions]-?: Exclude<EngineCoreOptions[K], undefined> };

export function checkedOptions(options: EngineCoreOptions): CheckedOptions {
  const checked: CheckedOptions = {
    cost: options.cost,
    blockSize: atLeast("blockSize", options.blockSize, 1),
    kvBlocks: atLeast("kvBlocks", options.kvBlocks, 2),
    maxSequences: atLeast("maxSequences", options.maxSequences, 1),
    maxBatchedTokens: atLeast("maxBatchedTokens", options.maxBatchedTokens, 1),
    policy: options.policy ?? "fcfs",
    prefixCaching: options.prefixCaching ?? true,
    events: options.events ?? false,
    chunkedPrefill: options.chunkedPrefill ?? true,
    reserveFullPrompt: options.reserveFullPrompt ?? true,
    longPrefillThreshold: atLeast("longPrefillThreshold", options.longPrefillThreshold ?? 0, 0),
    maxLoras: options.maxLoras === undefined ? Infinity : atLeast("maxLoras", options.maxLoras, 1),
    hashSeed: options.hashSeed ?? "engine",
    runs: options.runs ?? false,
    kvRole: options.kvRole ?? "none",
    loadFailure: options.loadFailure ?? "fail",
    noise: options.noise ?? (() => 1),
  };
  // More sequences than tokens could never all decode in one step.
  if (checked.maxBatchedTokens < checked.maxSequences) {
    throw limitError("maxBatchedTokens", checked.maxBatchedTokens, `at least maxSequences (${checked.maxSequences})`);
  }
  return checked;
}

function atLeast(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw limitError(name, value, `a whole number, ${least} or more`);
}

function limitError(where: string, value: unknown, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_ENGINE_LIMITS", `The engine's ${where} is not possible.`, { where, value, expected });
}
