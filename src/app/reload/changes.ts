// What differs between two loads of the deployment files, and which of it only a restart can change. Pure.
import type { Deployment, Pool } from "../../config/index.ts";

export interface Changes {
  /** As written in the file, `NAME: spec.routing.algorithm`. */
  readonly fields: readonly string[];
  /** Those of `fields` that a running process cannot change. */
  readonly fixed: readonly string[];
}

/** Everything else needs a restart: a field that nobody has thought about is never half applied. */
const RELOADABLE: readonly RegExp[] = [
  /^metadata\./,
  /^spec\.model\.servedNames\.[1-9]\d*$/,
  /^spec\.model\.aliases\b/,
  /^spec\.tokenizer\b/,
  /^spec\.routing\.(algorithm$|settings\b)/,
  /^spec\.slo\./,
  /^spec\.autoscaling\./,
  /^spec\.gateway\.(limits|workerControls|drain)\./,
  /^spec\.gateway\.apiKeys\.(env|files)\b/,
];

/** Of autoscaling, which keeps them while it runs. */
const BOUND = /\.(min|max)Replicas$/;

export function changesBetween(before: readonly Deployment[], after: readonly Deployment[]): Changes {
  const names = [...new Set([...before, ...after].map(({ name }) => name))];
  const all = names.map((name) => {
    const [old, now] = [before, after].map((list) => list.find((one) => one.name === name));
    return old && now ? ofDeployment(old, now) : ofPresence(name, old ?? now);
  });
  return { fields: all.flatMap(({ fields }) => fields), fixed: all.flatMap(({ fixed }) => fixed) };
}

/** A port that asks for a key never stops asking because of a file that was edited: that takes a restart. */
export function opensPort(before: readonly Deployment[], after: readonly Deployment[]): boolean {
  const [guarded, stays] = [before, after].map((list) =>
    list.some(({ gateway: { apiKeys } }) => apiKeys.env.length + apiKeys.files.length > 0),
  );
  return guarded === true && stays === false;
}

/** A model that comes or goes: fine, unless processes of ours come or go with it. */
function ofPresence(name: string, deployment: Deployment | undefined): Changes {
  const fields = [`${name}: metadata.name`];
  return { fields, fixed: deployment?.pools.every(isGiven) ? [] : fields };
}

function ofDeployment(old: Deployment, now: Deployment): Changes {
  const { pools: oldPools, source: _old, ...oldRest } = old;
  const { pools: nowPools, source: _now, ...nowRest } = now;
  const plain = differences(asWritten(oldRest), asWritten(nowRest));
  const [ours, given] = [false, true].map((wanted) =>
    [...new Set([...oldPools, ...nowPools].map((one) => one.name))]
      .map((name) => [poolOf(oldPools, name), poolOf(nowPools, name)] as const)
      .filter(([a, b]) => (isGiven(a) && isGiven(b)) === wanted)
      .flatMap(([a, b]) => differences(a, b, `spec.serving.${(a ?? b)?.name ?? ""}`)),
  ) as [string[], string[]];
  const named = (paths: readonly string[]): string[] => paths.map((path) => `${now.name}: ${path}`);
  const mayLoad = now.model.lora.load && old.model.lora.load;
  const isAdapter = (path: string) => path.startsWith("spec.model.lora.") && (mayLoad || now.pools.every(isGiven));
  const fixed = plain.filter((path) => !isAdapter(path) && !RELOADABLE.some((pattern) => pattern.test(path)));
  return {
    fields: named([...plain, ...given, ...ours]),
    fixed: named([...fixed, ...ours.filter((path) => !BOUND.test(path))]),
  };
}

function poolOf(pools: readonly Pool[], name: string): Pool | undefined {
  return pools.find((one) => one.name === name);
}

function isGiven(pool: Pool | undefined): boolean {
  return pool === undefined || pool.workers.kind === "given";
}

function asWritten({ namespace, labels, annotations, name, ...spec }: Omit<Deployment, "pools" | "source">): object {
  return { metadata: { name, namespace, labels, annotations }, spec };
}

/** Paths of the leaves that differ; a secret is compared, never shown. */
function differences(a: unknown, b: unknown, path = ""): string[] {
  const [left, right] = [bare(a), bare(b)];
  if (Object.is(left, right)) return [];
  if (!isObject(left) || !isObject(right)) return [path];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return keys.flatMap((key) =>
    differences(Reflect.get(left, key), Reflect.get(right, key), path === "" ? key : `${path}.${key}`),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function bare(value: unknown): unknown {
  if (!isObject(value)) return value;
  const reveal: unknown = Reflect.get(value, "reveal");
  return typeof reveal === "function" ? Reflect.apply(reveal, value, []) : value;
}
