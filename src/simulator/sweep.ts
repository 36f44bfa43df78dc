// Runs of many scenarios: every value of every swept setting, over several seeds.
import { SwitchgearError } from "../core/index.ts";
import { type EngineProfile, loadProfile, type ProfileOverrides } from "../model/index.ts";
import { withSetting } from "../routing/index.ts";
import type { Scenario } from "./scenario.ts";
import type { SimulationResult } from "./simulation-result.ts";

/** A setting and its values: one of a scenario's, of its fleet's, or `policy.setting`. */
export interface Sweep {
  readonly key: string;
  readonly values: readonly number[];
}

export interface Variant {
  /** `policy` or `policy speed=2`. */
  readonly name: string;
  readonly scenario: Scenario;
  /** As it was before the sweeps. */
  readonly policy: string;
  /** The value of each swept setting. */
  readonly swept: Readonly<Record<string, number>>;
}

interface Bounds {
  readonly expected: string;
  allows(value: number): boolean;
}

const POSITIVE: Bounds = { expected: "a number above 0", allows: (value) => value > 0 };
const NOT_NEGATIVE: Bounds = { expected: "a number ≥ 0", allows: (value) => value >= 0 };
const SHARE: Bounds = { expected: "a share from 0 to 1", allows: (value) => value >= 0 && value <= 1 };
const SIGMA: Bounds = { expected: "a deviation from 0 to 5", allows: (value) => value >= 0 && value <= 5 };
const COUNT: Bounds = { expected: "a whole number ≥ 1", allows: (value) => Number.isInteger(value) && value >= 1 };
const WORKERS: Bounds = {
  expected: "a whole number ≥ 1, at most 100000",
  allows: (value) => COUNT.allows(value) && value <= 100_000,
};
const WHOLE: Bounds = { expected: "a whole number ≥ 0", allows: (value) => Number.isInteger(value) && value >= 0 };

/** The settings of a scenario that may be swept beside `workers`, in the words of the options. */
const SWEPT = {
  speed: POSITIVE,
  noise: SIGMA,
  stalenessMs: NOT_NEGATIVE,
  concurrency: COUNT,
  staggerMs: NOT_NEGATIVE,
  jitter: SHARE,
  startUpBurst: WHOLE,
  warmUpMs: NOT_NEGATIVE,
} as const satisfies Record<string, Bounds>;

/** Those that make another fleet. */
const OF_FLEET = {
  workers: withWorkers,
  batchedTokens: (scenario, value) => withLimits(scenario, { maxBatchedTokens: value }),
  maxSequences: (scenario, value) => withLimits(scenario, { maxSequences: value }),
} as const satisfies Record<string, (scenario: Scenario, value: number) => Scenario>;

type PlainKey = keyof typeof SWEPT;

/** `key=1,2,4`; throws SWG_USAGE. */
export function parseSweep(text: string): Sweep {
  const at = text.indexOf("=");
  const key = text.slice(0, Math.max(0, at));
  const parts = text.slice(at + 1).split(",");
  const values = parts.map(Number);
  if (at > 0 && parts.every((part) => part !== "") && values.every(Number.isFinite)) return { key, values };
  throw usage(text, "key=number,number,…");
}

/** All combinations; a policy's setting makes variants of that policy only. */
export function variants(scenarios: readonly Scenario[], sweeps: readonly Sweep[]): Variant[] {
  const plain = scenarios.map((scenario) => ({
    name: scenario.policy,
    scenario,
    policy: scenario.policy,
    swept: {},
  }));
  for (const [i, sweep] of sweeps.entries()) {
    if (sweeps.findIndex(({ key }) => key === sweep.key) < i)
      throw usage(sweep.key, "all values of a setting in one sweep");
    requireEffect(scenarios, sweep);
  }
  return sweeps.reduce<Variant[]>((list, sweep) => list.flatMap((one) => swept(one, sweep)), plain);
}

/** Throws SWG_USAGE for values that cannot be, and for what would change nothing. */
function requireEffect(scenarios: readonly Scenario[], { key, values }: Sweep): void {
  const bounds: Bounds | undefined = isPlain(key)
    ? SWEPT[key]
    : key === "workers"
      ? WORKERS
      : isOfFleet(key)
        ? COUNT
        : undefined;
  const wrong = values.find((value) => bounds?.allows(value) === false);
  if (wrong !== undefined) throw usage(`${key}=${wrong}`, bounds?.expected ?? "");
  if (bounds !== undefined) return;
  const [policy = "", setting = ""] = key.split(".", 2);
  if (setting === "")
    throw usage(key, `${Object.keys(SWEPT).join(", ")}, ${Object.keys(OF_FLEET).join(", ")} or policy.setting`);
  const policies = scenarios.map((one) => one.policy.split(":", 1)[0] ?? "");
  if (!policies.includes(policy)) throw usage(key, `a setting of ${policies.join(" or ")}`);
}

function swept(variant: Variant, { key, values }: Sweep): Variant[] {
  const { scenario } = variant;
  if (isPlain(key)) return values.map((value) => named(variant, { key, value }, { ...scenario, [key]: value }));
  if (isOfFleet(key)) return values.map((value) => named(variant, { key, value }, OF_FLEET[key](scenario, value)));
  const [policy = "", setting = ""] = key.split(".", 2);
  if (scenario.policy.split(":", 1)[0] !== policy) return [variant];
  return values.map((value) => {
    const spec = withSetting(scenario.policy, `${setting}=${value}`);
    const name = variant.name.replace(scenario.policy, spec);
    return { ...variant, name, scenario: { ...scenario, policy: spec }, swept: { ...variant.swept, [key]: value } };
  });
}

interface SweptValue {
  readonly key: string;
  readonly value: number;
}

function named(variant: Variant, { key, value }: SweptValue, scenario: Scenario): Variant {
  return {
    ...variant,
    name: `${variant.name} ${key}=${value}`,
    scenario,
    swept: { ...variant.swept, [key]: value },
  };
}

function withWorkers(scenario: Scenario, count: number): Scenario {
  const { profiles, world } = scenario;
  if (world !== undefined && world.roles.length > 0) throw usage("workers", "a fleet without roles to sweep workers");
  return {
    ...scenario,
    profiles: Array.from({ length: count }, (_, i) => profiles[i % profiles.length]).filter(isThere),
  };
}

/** Anew, for the memory left to the KV cache depends on both. */
function withLimits(scenario: Scenario, changes: ProfileOverrides): Scenario {
  const changed = ({ name, gpuMemoryUtilization, pipelineParallel, limits }: EngineProfile): EngineProfile => {
    const { blockSize, maxSequences, maxBatchedTokens } = limits;
    const same = { blockSize, maxSequences, maxBatchedTokens, gpuMemoryUtilization, pipelineParallel };
    return loadProfile(name, { ...same, ...changes });
  };
  return { ...scenario, profiles: scenario.profiles.map(changed) };
}

function isOfFleet(key: string): key is keyof typeof OF_FLEET {
  return Object.hasOwn(OF_FLEET, key);
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function isPlain(key: string): key is PlainKey {
  return Object.hasOwn(SWEPT, key);
}

export interface VariantResult extends Pick<Variant, "name" | "policy" | "swept"> {
  /** One a seed. */
  readonly results: readonly SimulationResult[];
}

function usage(value: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "That cannot be swept.", {
    value,
    where: "--sweep",
    expected,
  });
}
