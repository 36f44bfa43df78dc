// From options of `switchgear simulate` to a fleet that is more than equal workers: roles, links, failures, start-ups.
import { SwitchgearError } from "../core/index.ts";
import { KV_LINKS, type KvLink, type KvLinkName } from "../model/index.ts";
import { DEFAULT_WORLD, type PlannedFailure, type World } from "../simulator/index.ts";
import type { RoleOptions } from "./role-options.ts";

type Role = World["roles"][number];

/** What a deployment says of its pairs. */
export type DeployedPairs = Partial<Pick<World, "roles" | "link" | "pairRule" | "fallback" | "leaseMs">>;

/** Undefined when nothing asks for a world; options win over a deployment. Throws SWG_USAGE. */
export function worldOf(options: RoleOptions, deployed: DeployedPairs = {}): World | undefined {
  const { roles: given, fail, mtbfS, coldWorkers, pairRule } = options;
  const usual = { ...DEFAULT_WORLD, ...deployed };
  const chosen = given === undefined ? usual.roles : rolesOf(given);
  refuseIdle(options, chosen);
  if (chosen.length === 0 && [fail, mtbfS, coldWorkers].every((one) => one === undefined)) return undefined;
  const seconds = (value: number | undefined, fallback: number): number =>
    value === undefined ? fallback : 1000 * value;
  return {
    ...usual,
    roles: chosen,
    link: linkOf(options, usual.link),
    pairRule: pairRule ?? usual.pairRule,
    fallback: oneOf("--fallback", options.fallback ?? usual.fallback, ["colocated", "fail"]),
    loadFailure: oneOf("--load-failure", options.loadFailure, ["fail", "recompute"]),
    failures: fail === undefined ? [] : fail.split(",").map(failureOf),
    mtbfMs: mtbfS === undefined ? undefined : 1000 * mtbfS,
    repairMs: seconds(options.repairS, DEFAULT_WORLD.repairMs),
    startUpMs: seconds(options.startUpS, DEFAULT_WORLD.startUpMs),
    startUpSigma: options.startUpSigma ?? DEFAULT_WORLD.startUpSigma,
    coldWorkers: coldWorkers ?? 0,
  };
}

/** No option is taken and then ignored. */
function refuseIdle(options: RoleOptions, roles: readonly Role[]): void {
  const { link, linkLatencyMs, pairRule, fallback, loadFailure } = options;
  const ofPairs = [link, linkLatencyMs, pairRule, fallback, loadFailure].some((one) => one !== undefined);
  if (ofPairs && !roles.includes("prefill"))
    throw usage("--link, --link-latency-ms, --pair-rule, --fallback, --load-failure", undefined, "a prefill worker");
  const { repairS, startUpS, startUpSigma, fail, mtbfS, coldWorkers } = options;
  if (repairS !== undefined && mtbfS === undefined) throw usage("--repair-s", String(repairS), "--mtbf-s beside it");
  const ofStarts = startUpS !== undefined || startUpSigma !== undefined;
  if (ofStarts && [fail, mtbfS, coldWorkers].every((one) => one === undefined))
    throw usage("--start-up-s, --start-up-sigma", undefined, "--fail, --mtbf-s or --cold-workers beside it");
}

/** `prefill:1,decode:3` or `prefill,decode,decode,decode`. */
export function rolesOf(text: string): Role[] {
  return text.split(",").flatMap((part) => {
    const [name = "", count = "1"] = part.trim().split(":", 2);
    const times = Number(count);
    if (!isRole(name) || !Number.isInteger(times) || times < 1 || times > MOST_OF_A_ROLE)
      throw usage("--roles", part, `prefill, decode or both, perhaps with :count up to ${MOST_OF_A_ROLE}`);
    return Array.from({ length: times }, () => name);
  });
}

const MOST_OF_A_ROLE = 100_000;

function linkOf({ link, linkLatencyMs }: RoleOptions, usual: KvLink): KvLink {
  const named = link === undefined ? usual : isLink(link) ? KV_LINKS[link] : undefined;
  const rate = Number(link);
  if (named === undefined && !(rate > 0 && Number.isFinite(rate)))
    throw usage("--link", link, `GB/s, or one of ${Object.keys(KV_LINKS).join(", ")}`);
  const chosen = named ?? { bytesPerSecond: 1e9 * rate, latencyMs: KV_LINKS.ndr400.latencyMs };
  return { ...chosen, ...(linkLatencyMs !== undefined && { latencyMs: linkLatencyMs }) };
}

function failureOf(text: string): PlannedFailure {
  const [, worker, at, down] = /^(\d+)@(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?$/.exec(text.trim()) ?? [];
  if (worker === undefined) throw usage("--fail", text, "worker@seconds or worker@seconds:down-seconds");
  const downMs = down === undefined ? undefined : 1000 * Number(down);
  return { worker: Number(worker), atMs: 1000 * Number(at), downMs };
}

function oneOf<T extends string>(where: string, value: string | undefined, known: readonly [T, ...T[]]): T {
  const found = value === undefined ? known[0] : known.find((one) => one === value);
  if (found !== undefined) return found;
  throw usage(where, value, known.join(" or "));
}

function isRole(name: string): name is Role {
  return name === "prefill" || name === "decode" || name === "both";
}

function isLink(name: string): name is KvLinkName {
  return Object.hasOwn(KV_LINKS, name);
}

function usage(where: string, value: string | undefined, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "The simulated fleet is not possible as asked.", { where, value, expected });
}
