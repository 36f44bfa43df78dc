// What the fields of one pool must agree on.
import { boundProblems } from "./bounds.ts";
import type { Path } from "./position.ts";
import type { Problem } from "./problem.ts";
import type { DeploymentDocument } from "./schema.ts";

type Serving = DeploymentDocument["spec"]["serving"];
export type PoolName = "workers" | "prefill" | "decode";
type PoolDocument = NonNullable<Serving["workers"]>;

interface Place {
  readonly name: PoolName;
  readonly at: (field: string | number, ...more: (string | number)[]) => Path;
}

export function poolRules({ spec: { serving } }: DeploymentDocument): Problem[] {
  return (["workers", "prefill", "decode"] as const).flatMap((name) => {
    const pool: PoolDocument | undefined = serving[name];
    if (!pool) return [];
    const place: Place = { name, at: (...path) => ["spec", "serving", name, ...path] };
    return [
      ...gpuRule(pool, place),
      ...boundProblems(
        { min: pool.minReplicas, max: pool.maxReplicas, replicas: pool.replicas },
        { at: (side) => place.at(`${side}Replicas`), replicasAt: place.at("replicas") },
      ),
      ...sourceRules(pool, place),
      ...portRules(pool, place),
      ...argumentRules(pool, place),
      ...endpointRules(pool, place),
      ...warnings(pool, place),
    ];
  });
}

function gpuRule(pool: PoolDocument, { at }: Place): Problem[] {
  const { gpusPerReplica: value, tensorParallelSize, pipelineParallelSize } = pool;
  const gpus = tensorParallelSize * pipelineParallelSize;
  if (value === undefined || value === gpus) return [];
  const expected = `${gpus} = tensorParallelSize ${tensorParallelSize} × pipelineParallelSize ${pipelineParallelSize}`;
  const message = "is not the GPUs of one worker";
  const reads = [at("tensorParallelSize"), at("pipelineParallelSize")];
  return [{ severity: "error", code: "conflict", path: at("gpusPerReplica"), message, value, expected, reads }];
}

/** Fields that only make sense for workers started here, and for which engine. */
const STARTED_ONLY = {
  command: ["vllm"],
  args: ["vllm", "simulated"],
  env: ["vllm", "simulated"],
  basePort: ["vllm", "simulated"],
  ports: ["vllm", "simulated"],
  profile: ["simulated"],
  speed: ["simulated"],
  seed: ["simulated"],
} as const;

function sourceRules(pool: PoolDocument, { at }: Place): Problem[] {
  const problems: Problem[] = [];
  const reads = [at("endpoints"), at("engine")];
  const report = (field: string, message: string, hint?: string) =>
    problems.push({ severity: "error", code: "conflict", path: at(field), message, hint, atKey: true, reads });
  for (const [field, engines] of Object.entries(STARTED_ONLY)) {
    if (!isSet(pool[field as keyof typeof STARTED_ONLY])) continue;
    if (pool.endpoints) report(field, "is for workers started here, but endpoints are given", hintFor(field));
    else if (!(engines as readonly string[]).includes(pool.engine)) {
      report(field, `is for engine ${engines.join(" or ")}, but the engine is ${pool.engine}`, hintFor(field));
    }
  }
  return problems;
}

function hintFor(field: string): string | undefined {
  return field === "profile" ? "costProfile tells routing what the workers are" : undefined;
}

/** Empty defaults are not set. */
function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : value !== undefined;
}

function portRules(pool: PoolDocument, { at }: Place): Problem[] {
  const { basePort, ports, replicas = 1 } = pool;
  const about = { severity: "error", code: "conflict", reads: [at("replicas"), at("basePort"), at("ports")] } as const;
  if (basePort !== undefined && ports !== undefined) {
    return [{ ...about, path: at("ports"), message: "stands beside basePort", hint: "keep one of them", atKey: true }];
  }
  if (ports !== undefined && ports.length !== replicas) {
    const expected = `${replicas}, one per replica`;
    return [{ ...about, path: at("ports"), message: `holds ${ports.length} ports`, expected }];
  }
  if (basePort !== undefined && basePort + replicas - 1 > 65_535) {
    const expected = `at most ${65_536 - replicas} with ${replicas} replicas`;
    return [{ ...about, path: at("basePort"), message: "leaves too few ports", value: basePort, expected }];
  }
  return [];
}

/** Arguments that stand for a secret or for something the launcher itself decides. */
const ARGUMENT_HINTS: Readonly<Record<string, string>> = {
  "--api-key": "keys do not belong on a command line; set VLLM_API_KEY",
  "--port": "use ports or basePort",
  "--host": "workers started here listen on loopback",
};

function argumentRules(pool: PoolDocument, { at }: Place): Problem[] {
  return pool.args.flatMap((argument, i): Problem[] => {
    const flag = argument.split("=", 1)[0] ?? "";
    const hint = ARGUMENT_HINTS[flag];
    if (hint === undefined) return [];
    return [{ severity: "error", code: "conflict", path: at("args", i), message: `${flag} is not accepted`, hint }];
  });
}

function endpointRules(pool: PoolDocument, place: Place): Problem[] {
  const seen = new Map<string, number>();
  return (pool.endpoints ?? []).flatMap((endpoint, i) => {
    const at = (field: string) => place.at("endpoints", i, field);
    const problems: Problem[] = [];
    const first = seen.get(endpoint.url);
    if (first !== undefined) {
      const message = `is the same worker as endpoints[${first}]`;
      problems.push({ severity: "error", code: "duplicate-name", path: at("url"), message, value: endpoint.url });
    } else seen.set(endpoint.url, i);
    problems.push(...keyRules(endpoint, at), ...roleRule(endpoint.role, place.name, at));
    if (endpoint.tls && !/^https:/i.test(endpoint.url)) {
      const message = "is set for a worker that is not spoken to by https";
      problems.push({ severity: "error", code: "conflict", path: at("tls"), message, atKey: true });
    }
    return problems;
  });
}

type EndpointDocument = NonNullable<PoolDocument["endpoints"]>[number];

function keyRules({ key, keyFrom }: EndpointDocument, at: (field: string) => Path): Problem[] {
  if (keyFrom && (keyFrom.env === undefined) === (keyFrom.file === undefined)) {
    return [{ severity: "error", code: "conflict", path: at("keyFrom"), message: "needs env or file, one of them" }];
  }
  if (key === undefined) return [];
  if (keyFrom) {
    return [{ severity: "error", code: "conflict", path: at("key"), message: "stands beside keyFrom", atKey: true }];
  }
  const hint = "use keyFrom with env or file";
  return [{ severity: "warning", code: "secret-in-file", path: at("key"), message: "is a secret in a file", hint }];
}

const OWN_ROLE = { workers: "both", prefill: "prefill", decode: "decode" } as const;

function roleRule(role: string | undefined, name: PoolName, at: (field: string) => Path): Problem[] {
  const own = OWN_ROLE[name];
  if (role === undefined || role === own || role === "both") return [];
  const expected = own === "both" ? own : `${own} or both`;
  const message = `is not possible in pool ${name}`;
  return [{ severity: "error", code: "conflict", path: at("role"), message, value: role, expected }];
}

function warnings(pool: PoolDocument, { at }: Place): Problem[] {
  const problems: Problem[] = [];
  if (pool.schedulerDelayFactor !== undefined) {
    const message = "is legacy: vLLM removed it in September 2025, so it has no effect";
    problems.push({
      severity: "warning",
      code: "legacy-field",
      path: at("schedulerDelayFactor"),
      message,
      atKey: true,
    });
  }
  const { endpoints, replicas } = pool;
  if (endpoints && replicas !== undefined && replicas !== endpoints.length) {
    const expected = `${endpoints.length}, the number of endpoints`;
    const message = "is not the number of endpoints";
    problems.push({ severity: "warning", code: "mismatch", path: at("replicas"), message, value: replicas, expected });
  }
  return problems;
}
