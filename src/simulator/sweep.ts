// Runs of many scenarios: every value of every swept setting, over several seeds.
import { SwitchgearError } from "../core/index.ts";
import { withSetting } from "./policy-spec.ts";
import type { Scenario } from "./scenario.ts";
import type { SimulationResult } from "./simulation-result.ts";

/** A setting and its values: one of `SWEPT`, `workers`, or `policy.setting`. */
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

export const SWEPT = [
  "speed",
  "noise",
  "stalenessMs",
  "concurrency",
  "staggerMs",
  "jitter",
  "startUpBurst",
  "warmUpMs",
] as const;
type PlainKey = (typeof SWEPT)[number];

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
  return sweeps.reduce<Variant[]>((list, sweep) => list.flatMap((one) => swept(one, sweep)), plain);
}

function swept(variant: Variant, { key, values }: Sweep): Variant[] {
  const { scenario } = variant;
  if (isPlain(key)) return values.map((value) => named(variant, { key, value }, { ...scenario, [key]: value }));
  if (key === "workers") return values.map((value) => named(variant, { key, value }, withWorkers(scenario, value)));
  const [policy = "", setting = ""] = key.split(".", 2);
  if (setting === "") throw usage(key, `${SWEPT.join(", ")}, workers or policy.setting`);
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
  if (!Number.isInteger(count) || count < 1) throw usage(String(count), "1 worker or more");
  if (world !== undefined && world.roles.length > 0) throw usage("workers", "a fleet without roles to sweep workers");
  return {
    ...scenario,
    profiles: Array.from({ length: count }, (_, i) => profiles[i % profiles.length]).filter(isThere),
  };
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function isPlain(key: string): key is PlainKey {
  return (SWEPT as readonly string[]).includes(key);
}

export interface VariantResult extends Pick<Variant, "name" | "policy" | "swept"> {
  /** One a seed. */
  readonly results: readonly SimulationResult[];
}

function usage(value: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "There is nothing of that name to sweep.", {
    value,
    where: "--sweep",
    expected,
  });
}
