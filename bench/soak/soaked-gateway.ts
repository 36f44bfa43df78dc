// A gateway process under soak: started as users start it, with our preload, and asked about itself from outside and inside.
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startServe } from "../lib/serve-process.ts";
import { type Answers, type Counts, type Question, SOCKET_VARIABLE } from "./inside.ts";

export interface SoakedGateway {
  readonly pid: number;
  readonly port: number;
  ask<Q extends Question>(question: Q): Promise<Answers[Q]>;
  /** All that has to be again as it was before the load: counts by name. */
  census(): Promise<Census>;
  /** Lines of its log so far that tell of a failure of the gateway's own. */
  readonly defects: readonly string[];
  stop(): Promise<number | null>;
}

export interface Census {
  /** Open file descriptors by kind. */
  readonly descriptors: Counts;
  /** What keeps the event loop, by kind. */
  readonly resources: Counts;
  /** Gauges of requests and bodies, summed over workers. */
  readonly gauges: Counts;
}

const PRELOAD = join(import.meta.dirname, "gateway-inside.ts");

/** Injected faults and breakers are told as warnings. */
const EXPECTED = /^\{"level":"(info|warn)"/;

/** Whatever runs or is held for a request; each is 0 when there is none. */
const GAUGES = [
  "switchgear_inflight_requests",
  "switchgear_request_body_bytes",
  "switchgear_worker_requests",
  "switchgear_worker_prefill_tokens",
  "switchgear_worker_context_tokens",
] as const;

export async function startSoakedGateway(deployments: readonly string[]): Promise<SoakedGateway> {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-soak-"));
  const path = join(folder, "inside");
  const defects: string[] = [];
  const serve = await startServe(deployments, {
    onLog(line) {
      if (!EXPECTED.test(line)) defects.push(line);
    },
    args: ["--disable-warning=ExperimentalWarning", "--import", PRELOAD],
    env: { [SOCKET_VARIABLE]: path },
  });
  const socket = connect(path);
  await once(socket, "connect");
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  async function ask<Q extends Question>(question: Q): Promise<Answers[Q]> {
    socket.write(`${question}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error("the gateway's process ended");
    return JSON.parse(line.value) as Answers[Q];
  }
  return {
    pid: serve.pid,
    port: Number(new URL(serve.data).port),
    ask,
    defects,
    census: async () => ({
      descriptors: descriptors(serve.pid),
      gauges: gauges(await (await fetch(`${serve.metrics}/metrics`, { headers: { connection: "close" } })).text()),
      resources: await ask("resources"),
    }),
    async stop() {
      socket.destroy();
      const code = await serve.stop();
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

function descriptors(pid: number): Record<string, number> {
  const counts: Record<string, number> = {};
  const folder = `/proc/${pid}/fd`;
  if (!existsSync(folder)) return counts;
  for (const name of readdirSync(folder)) {
    const kind = kindOf(join(folder, name));
    if (kind !== undefined) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** `socket:[123]` → socket; undefined when it was closed meanwhile. */
function kindOf(path: string): string | undefined {
  try {
    const target = readlinkSync(path);
    return target.startsWith("/") ? "file" : target.replace(/:?\[.*/, "");
  } catch {
    return undefined;
  }
}

function gauges(page: string): Record<string, number> {
  const sums: Record<string, number> = Object.fromEntries(GAUGES.map((name) => [name, 0]));
  for (const [, name = "", labels = "", value = ""] of page.matchAll(/^(\w+)(\{[^}]*\})? (\S+)$/gm))
    // Requests of others are as old as the last scrape.
    if (name in sums && !labels.includes("foreign")) sums[name] = (sums[name] ?? 0) + Number(value);
  return sums;
}
