// What the deployments of one process must agree on: names and ports are each used once, and no worker is the gateway itself.
import type { CandidateDocument, Finding } from "./candidate.ts";
import { modelNameRules } from "./model-name-rules.ts";
import type { Path } from "./position.ts";
import { placeOf } from "./process-wide.ts";

interface Use {
  readonly of: CandidateDocument;
  readonly path: Path;
  readonly what: string;
  readonly value: string | number;
}

export function acrossRules(candidates: readonly CandidateDocument[]): Finding[] {
  return [
    ...duplicates(candidates.map(nameUse)),
    ...duplicates(candidates.flatMap(modelUses)),
    ...modelNameRules(candidates),
    ...portClashes(candidates),
    ...selfReferences(candidates),
  ];
}

function nameUse(of: CandidateDocument): Use {
  return { of, path: ["metadata", "name"], what: "name", value: of.document.metadata.name };
}

function modelUses(of: CandidateDocument): Use[] {
  const { name, servedNames, lora } = of.document.spec.model;
  const at = ["spec", "model"];
  const what = "model name";
  const own = servedNames?.map((value, i) => ({ of, path: [...at, "servedNames", i], what, value }));
  const adapters = lora.adapters.map(({ name: value }, i) => ({
    of,
    path: [...at, "lora", "adapters", i, "name"],
    what,
    value,
  }));
  return [...(own ?? [{ of, path: [...at, "name"], what, value: name }]), ...adapters];
}

function duplicates(uses: readonly Use[]): Finding[] {
  const seen = new Map<string | number, Use>();
  return uses.filter(isGenuine).flatMap((use) => {
    const first = seen.get(use.value);
    if (!first) {
      seen.set(use.value, use);
      return [];
    }
    const message = `is a ${use.what} that is taken at ${placeOf(first.of, first.path)}`;
    return [found(use, { code: "duplicate-name", message })];
  });
}

/** Not a stand-in. */
function isGenuine({ of, path }: Use): boolean {
  const covers = (repaired: Path) => repaired.length <= path.length && repaired.every((step, i) => step === path[i]);
  return !of.repaired.some(covers);
}

function found({ of, path, value }: Use, about: { code: "duplicate-name" | "conflict"; message: string }): Finding {
  return { of, problem: { severity: "error", path, value, ...about } };
}

interface PortUse extends Use {
  readonly host: string;
  readonly value: number;
}

function portClashes(candidates: readonly CandidateDocument[]): Finding[] {
  const [first] = candidates;
  const uses = [...(first ? gatewayPorts(first) : []), ...candidates.flatMap(workerPorts)].filter(isGenuine);
  return uses.flatMap((use, i) => {
    const clash = uses.slice(0, i).find((one) => one.value === use.value && sameHost(one.host, use.host));
    if (!clash || use.value === 0) return [];
    const message = `is the port of ${clash.what} too, at ${placeOf(clash.of, clash.path)}`;
    return [found(use, { code: "conflict", message })];
  });
}

/** Process-wide, so those of any one candidate. */
function gatewayPorts(of: CandidateDocument): PortUse[] {
  const { gateway, monitoring } = of.document.spec;
  const at = (path: Path) => ["spec", ...path, "port"];
  const { listener, admin } = gateway;
  const { prometheus } = monitoring;
  return [
    { of, path: at(["gateway", "listener"]), what: "the gateway", host: listener.host, value: listener.port },
    { of, path: at(["gateway", "admin"]), what: "the admin API", host: admin.host, value: admin.port },
    ...(prometheus.enabled
      ? [
          {
            of,
            path: at(["monitoring", "prometheus"]),
            what: "/metrics",
            host: prometheus.host,
            value: prometheus.port,
          },
        ]
      : []),
  ];
}

function workerPorts(of: CandidateDocument): PortUse[] {
  const { serving } = of.document.spec;
  return (["workers", "prefill", "decode"] as const).flatMap((name) => {
    const pool = serving[name];
    if (!pool || pool.endpoints) return [];
    const { basePort, ports, replicas = 1 } = pool;
    const at = ["spec", "serving", name];
    const about = { of, what: "a worker", host: "127.0.0.1" };
    const listed = (ports ?? []).map((value, i) => ({ ...about, path: [...at, "ports", i], value }));
    if (basePort === undefined) return listed;
    const counted = Array.from({ length: replicas }, (_, i) => ({
      ...about,
      path: [...at, "basePort"],
      value: basePort + i,
    }));
    return [...listed, ...counted];
  });
}

function sameHost(a: string, b: string): boolean {
  const all = ["0.0.0.0", "::"];
  return a === b || all.includes(a) || all.includes(b) || (isLoopback(a) && isLoopback(b));
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.[\d.]+|\[?::1\]?)$/i.test(host);
}

/** A worker's address that is the gateway's own would answer each request with another one. */
function selfReferences(candidates: readonly CandidateDocument[]): Finding[] {
  return candidates.flatMap((of) => {
    const { serving, gateway } = of.document.spec;
    return (["workers", "prefill", "decode"] as const).flatMap((name) =>
      (serving[name]?.endpoints ?? []).flatMap(({ url }, i) => {
        const { hostname, port } = new URL(url);
        const { host, port: own } = gateway.listener;
        const same = Number(port || 80) === own && (isLoopback(hostname) || hostname === host);
        const use = { of, path: ["spec", "serving", name, "endpoints", i, "url"], what: "", value: url };
        return same && own !== 0 && isGenuine(use)
          ? [found(use, { code: "conflict", message: "is the gateway's own address" })]
          : [];
      }),
    );
  });
}
