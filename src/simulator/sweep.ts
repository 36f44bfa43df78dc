// Runs of many scenarios: every value of every swept setting, over several seeds.
import { SwitchgearError } from "../core/index.ts";
import { withSetting } from "./policy-spec.ts";
import type { Scenario } from "./scenario.ts";
import type { SimulationResult } from "./simulation-result.ts";

/** A setting and its values: `speed`, `noise`, `stalenessMs`, `workers`, `concurrency`, or `policy.setting`. */
export interface Sweep {
  readonly key: string;
  readonly values: readonly number[];
}

export interface Variant {
  /** `policy` or `policy speed=2`. */
  readonly name: string;
  readonly scenario: Scenario;
}

const PLAIN = ["speed", "noise", "stalenessMs", "concurrency", "warmUpMs"] as const;
type PlainKey = (typeof PLAIN)[number];

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
  const plain = scenarios.map((scenario) => ({ name: scenario.policy, scenario }));
  return sweeps.reduce<Variant[]>((list, sweep) => list.flatMap((one) => swept(one, sweep)), plain);
}

function swept({ name, scenario }: Variant, { key, values }: Sweep): Variant[] {
  if (isPlain(key))
    return values.map((value) => ({ name: `${name} ${key}=${value}`, scenario: { ...scenario, [key]: value } }));
  if (key === "workers") return values.map((value) => workersOf({ name, scenario }, value));
  const [policy = "", setting = ""] = key.split(".", 2);
  if (setting === "") throw usage(key, `${PLAIN.join(", ")}, workers or policy.setting`);
  if (scenario.policy.split(":", 1)[0] !== policy) return [{ name, scenario }];
  return values.map((value) => {
    const spec = withSetting(scenario.policy, `${setting}=${value}`);
    return { name: name.replace(scenario.policy, spec), scenario: { ...scenario, policy: spec } };
  });
}

function workersOf({ name, scenario }: Variant, count: number): Variant {
  const [profile] = scenario.profiles;
  if (profile === undefined || !Number.isInteger(count) || count < 1) throw usage(String(count), "1 worker or more");
  return {
    name: `${name} workers=${count}`,
    scenario: { ...scenario, profiles: Array.from({ length: count }, () => profile) },
  };
}

function isPlain(key: string): key is PlainKey {
  return (PLAIN as readonly string[]).includes(key);
}

export interface VariantResult {
  readonly name: string;
  /** One a seed. */
  readonly results: readonly SimulationResult[];
}

export type RunOne = (scenario: Scenario, name: string) => SimulationResult;

export function runVariants(list: readonly Variant[], seeds: readonly string[], run: RunOne): VariantResult[] {
  return list.map(({ name, scenario }) => ({
    name,
    results: seeds.map((seed) => run({ ...scenario, seed }, name)),
  }));
}

function usage(value: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "There is nothing of that name to sweep.", {
    value,
    where: "--sweep",
    expected,
  });
}
