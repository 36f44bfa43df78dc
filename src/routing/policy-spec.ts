// A policy by name with settings: `dynamo` or `dynamo:prefillLoadScale=8+creditDecay=1`.
import { ALGORITHM_SETTINGS } from "../config/offline.ts";
import { SwitchgearError } from "../core/index.ts";
import { cacheAware } from "./cache-aware.ts";
import { dynamoCost } from "./dynamo.ts";
import { kvAware } from "./kv-aware.ts";
import { llmdSticky, llmdWeighted } from "./llm-d.ts";
import { policies, type PolicyName } from "./policies.ts";
import type { Policy } from "./policy.ts";

type Settings = Readonly<Record<string, number>>;

/** The policies that have settings; their names are those of deployment files. */
const TUNABLE: Partial<Record<PolicyName, (settings: Settings) => Policy>> = {
  kv_aware: (settings) => kvAware(settings),
  dynamo: (settings) => dynamoCost(settings),
  cache_aware: (settings) => cacheAware(settings),
  llmd_sticky: (settings) => llmdSticky(settings),
  llmd_weighted: (settings) => llmdWeighted(settings),
};

/** A fresh policy; throws SWG_USAGE. */
export function policyOf(spec: string): Policy {
  const [name = "", given] = spec.split(":", 2);
  if (!isPolicy(name)) throw usage(name, `one of ${Object.keys(policies).join(", ")}`);
  if (given === undefined) return policies[name]();
  const make = TUNABLE[name];
  if (make === undefined) throw usage(spec, `no settings; ${Object.keys(TUNABLE).join(", ")} have some`);
  return make(settingsOf(spec, given, ALGORITHM_SETTINGS[name]));
}

interface PromisedByAll {
  readonly itlP99Ms: number | undefined;
}

/** The policy of a deployment, which knows what is promised there. */
export function promisedPolicy(spec: string, promised: PromisedByAll): Policy {
  return policyOf(promisedSpec(spec, promised));
}

/** A setting of the deployment's own wins. */
export function promisedSpec(spec: string, { itlP99Ms }: PromisedByAll): string {
  const [name = "", given] = spec.split(":", 2);
  if (name !== "kv_aware" || itlP99Ms === undefined) return spec;
  const promised = `${name}:tpotSloMs=${itlP99Ms}`;
  return given === undefined ? promised : withSetting(promised, given);
}

/** The same policy with one more setting. */
export function withSetting(spec: string, setting: string): string {
  return `${spec}${spec.includes(":") ? "+" : ":"}${setting}`;
}

function settingsOf(spec: string, given: string, keys: readonly string[]): Settings {
  const pairs = given.split("+").map((pair) => {
    const [key = "", text = ""] = pair.split("=", 2);
    const value = Number(text);
    if (!keys.includes(key)) throw usage(spec, `settings ${keys.join(", ")}`);
    if (text === "" || !Number.isFinite(value) || value < 0) throw usage(pair, `${key}=number ≥ 0`);
    return [key, value] as const;
  });
  return Object.fromEntries(pairs);
}

function isPolicy(name: string): name is PolicyName {
  return Object.hasOwn(policies, name);
}

function usage(value: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", `There is no routing policy ${value}.`, {
    where: "--policy",
    value,
    expected,
  });
}
