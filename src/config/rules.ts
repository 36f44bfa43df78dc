// What fields of one deployment must agree on.
import { ALGORITHM_SETTINGS } from "./algorithms.ts";
import { type Bounds, boundProblems } from "./bounds.ts";
import { launcherRules } from "./launcher-rules.ts";
import { poolRules } from "./pool-rules.ts";
import type { Path } from "./position.ts";
import type { Problem } from "./problem.ts";
import type { DeploymentDocument } from "./schema.ts";
import { httpUrl, protocolOf } from "./urls.ts";

/** `repaired` paths hold stand-ins: a rule that reads one says nothing. */
export function checkRules(document: DeploymentDocument, repaired: readonly Path[]): readonly Problem[] {
  return [
    ...strategyRules(document),
    ...routingRules(document),
    ...poolRules(document),
    ...launcherRules(document),
    ...autoscalingRules(document),
    ...tokenizerRules(document),
    ...tracingRules(document),
    ...tlsRules(document),
  ].filter((problem) => !repaired.some((path) => reads(problem, path)));
}

function reads(problem: Problem, repaired: Path): boolean {
  return [problem.path, ...(problem.reads ?? [])].some((path) => startsWith(path, repaired));
}

function startsWith(path: Path, prefix: Path): boolean {
  return prefix.length <= path.length && prefix.every((step, i) => step === path[i]);
}

function strategyRules({ spec: { serving } }: DeploymentDocument): Problem[] {
  const { strategy } = serving;
  const needed = strategy === "colocated" ? (["workers"] as const) : (["prefill", "decode"] as const);
  const foreign =
    strategy === "colocated" ? (["prefill", "decode", "disaggregation"] as const) : (["workers"] as const);
  const hint = `strategy is ${strategy}`;
  const reads = [["spec", "serving", "strategy"]];
  const missing = needed
    .filter((name) => serving[name] === undefined)
    .map((name): Problem => {
      const message = `pool ${name} is missing`;
      return { severity: "error", code: "missing-field", path: ["spec", "serving", name], message, hint, reads };
    });
  const extra = foreign
    .filter((name) => serving[name] !== undefined)
    .map((name): Problem => {
      const message =
        name === "disaggregation" ? `means nothing with strategy ${strategy}` : `is no pool of strategy ${strategy}`;
      const expected = needed.join(" and ");
      const path = ["spec", "serving", name];
      return { severity: "error", code: "conflict", path, message, expected, atKey: true, reads };
    });
  return [...missing, ...extra, ...bootstrapRule(serving)];
}

/** They would all listen on the one port that the gateway knows. */
function bootstrapRule({ strategy, disaggregation, prefill }: DeploymentDocument["spec"]["serving"]): Problem[] {
  if (strategy !== "disaggregated" || disaggregation?.connector !== "mooncake") return [];
  const replicas = prefill?.replicas ?? 1;
  if (prefill === undefined || prefill.endpoints !== undefined || replicas === 1) return [];
  const path = ["spec", "serving", "prefill", "replicas"];
  const message = "is more than one Mooncake bootstrap server on this machine";
  const reads = [["spec", "serving", "disaggregation", "connector"]];
  return [{ severity: "error", code: "conflict", path, message, value: replicas, expected: "1, or endpoints", reads }];
}

function routingRules({ spec: { routing } }: DeploymentDocument): Problem[] {
  const { algorithm, settings = {} } = routing;
  const known: readonly string[] = ALGORITHM_SETTINGS[algorithm];
  const expected = known.length === 0 ? "none: it has no settings" : known.join(", ");
  const reads = [["spec", "routing", "algorithm"]];
  return Object.keys(settings)
    .filter((name) => !known.includes(name))
    .map((name): Problem => {
      const path = ["spec", "routing", "settings", name];
      const message = `is no setting of ${algorithm}`;
      return { severity: "error", code: "conflict", path, message, expected, atKey: true, reads };
    });
}

function autoscalingRules(document: DeploymentDocument): Problem[] {
  const { autoscaling, serving } = document.spec;
  const problems: Problem[] = [];
  for (const figure of ["gpuUtilization", "queueDepth"] as const) {
    const up = autoscaling.scaleUpThreshold[figure];
    const value = autoscaling.scaleDownThreshold[figure];
    if (value < up) continue;
    const path = ["spec", "autoscaling", "scaleDownThreshold", figure];
    const message = "is not below scaleUpThreshold, so workers would come and go for ever";
    const reads = [["spec", "autoscaling", "scaleUpThreshold", figure]];
    problems.push({ severity: "error", code: "conflict", path, message, value, expected: `less than ${up}`, reads });
  }
  if (autoscaling.mode === "schedule" && autoscaling.schedule.length === 0) {
    const at = (name: string) => ["spec", "autoscaling", name];
    const message = "is empty in mode schedule";
    const expected = "at least one entry with from and replicas";
    problems.push({
      severity: "error",
      code: "missing-field",
      path: at("schedule"),
      message,
      expected,
      reads: [at("mode")],
    });
  }
  const { minPrefillReplicas, maxPrefillReplicas, minDecodeReplicas, maxDecodeReplicas } = autoscaling;
  problems.push(
    ...bounds("Prefill", { min: minPrefillReplicas, max: maxPrefillReplicas, replicas: serving.prefill?.replicas }),
    ...bounds("Decode", { min: minDecodeReplicas, max: maxDecodeReplicas, replicas: serving.decode?.replicas }),
    ...wakeRule(document),
  );
  return problems;
}

/** Without a worker the first requests wait for one to start. */
function wakeRule({ spec: { autoscaling, serving, gateway } }: DeploymentDocument): Problem[] {
  const { queueTimeoutMs } = gateway.limits;
  const startupMs = autoscaling.startupSeconds * 1000;
  if (!autoscaling.enabled || serving.workers?.minReplicas !== 0 || queueTimeoutMs >= startupMs) return [];
  const path = ["spec", "gateway", "limits", "queueTimeoutMs"];
  const message = "is shorter than a worker takes to start, so with minReplicas: 0 the first requests end with 503";
  const expected = `at least ${startupMs}, from autoscaling.startupSeconds`;
  const reads = [
    ["spec", "autoscaling", "startupSeconds"],
    ["spec", "serving", "workers", "minReplicas"],
  ];
  return [{ severity: "warning", code: "mismatch", path, message, value: queueTimeoutMs, expected, reads }];
}

function bounds(pool: "Prefill" | "Decode", { min, max, replicas }: Bounds): Problem[] {
  const at = (side: string) => ["spec", "autoscaling", `${side}${pool}Replicas`];
  return boundProblems({ min, max, replicas }, { at, replicasAt: ["spec", "serving", pool.toLowerCase(), "replicas"] });
}

function tokenizerRules({ spec: { tokenizer } }: DeploymentDocument): Problem[] {
  const { source, path } = tokenizer;
  const about = { severity: "error", path: ["spec", "tokenizer", "path"] } as const;
  if (source === "path" && path === undefined) {
    const reads = [["spec", "tokenizer", "source"]];
    return [
      { ...about, code: "missing-field", message: "is missing", expected: "a tokenizer.json or its folder", reads },
    ];
  }
  if (source === undefined || source === "path" || path === undefined) return [];
  return [{ ...about, code: "conflict", message: `is not read with source ${source}`, hint: "set source to path" }];
}

function tracingRules({ spec: { monitoring } }: DeploymentDocument): Problem[] {
  const { enabled, endpoint, protocol } = monitoring.tracing;
  const path = ["spec", "monitoring", "tracing", "endpoint"];
  if (endpoint !== undefined) {
    const ignored = (protocol ?? protocolOf(endpoint)) === "grpc" && /[^/]$/.test(httpUrl(endpoint)?.pathname ?? "/");
    const message = "has a path, which OTLP over gRPC does not send";
    const reads = [["spec", "monitoring", "tracing", "protocol"]];
    return ignored ? [{ severity: "error", code: "conflict", path, message, value: endpoint, reads }] : [];
  }
  if (!enabled) return [];
  return [{ severity: "error", code: "missing-field", path, message: "is missing while tracing is enabled" }];
}

/** Half of a pair would leave the port plain without a word. */
function tlsRules({ spec: { gateway } }: DeploymentDocument): Problem[] {
  const { tls } = gateway.listener;
  const at = (name: string) => ["spec", "gateway", "listener", "tls", name];
  if (tls.cert !== undefined && tls.key !== undefined) return [];
  const given = (["cert", "key", "clientCa", "ciphers"] as const).filter((name) => tls[name] !== undefined);
  if (given.length === 0) return [];
  return (["cert", "key"] as const)
    .filter((name) => tls[name] === undefined)
    .map((name): Problem => {
      const message = `is missing beside ${given.join(", ")}`;
      return { severity: "error", code: "missing-field", path: at(name), message, reads: given.map(at) };
    });
}
