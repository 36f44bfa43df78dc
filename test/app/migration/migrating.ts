// A gateway under a plan between two fake servers, with its admin API at hand.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { serve } from "../../../src/app/index.ts";
import { readDeploymentText, renderDiagnostic } from "../../../src/config/index.ts";
import type { MigrationReport, MigrationStatus } from "../../../src/migration/index.ts";
import { createLog } from "../../../src/telemetry/index.ts";
import { deploymentText } from "../../config/deployment-text.ts";
import { closeAfterTest } from "../../core/closing.ts";
import { temporaryFolder } from "../../core/temporary-folder.ts";
import { type Answer, type Behaviour, call, chat } from "../../gateway/harness.ts";
import { type FakeVllm, fakeVllm } from "../served.ts";

export interface Migrating {
  readonly port: number;
  readonly legacy: FakeVllm;
  readonly candidate: FakeVllm;
  readonly log: readonly string[];
  readonly folder: string;
  /** One request of a session. */
  ask(user: string, body?: Record<string, unknown>, headers?: Record<string, string>): Promise<Answer>;
  status(): Promise<MigrationStatus>;
  report(): Promise<MigrationReport>;
  command(name: string, body?: object): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  /** Until the status fulfils it; fails after two seconds. */
  until(what: (status: MigrationStatus) => boolean): Promise<MigrationStatus>;
  stop(): Promise<void>;
}

export interface MigratingOptions {
  readonly legacy?: Behaviour;
  readonly candidate?: Behaviour;
  readonly spec?: Record<string, unknown>;
  readonly folder?: string;
  readonly failures?: readonly string[];
  /** The candidate is a server elsewhere, which calls the model so; the legacy arm is then the deployment. */
  readonly outside?: string;
  /** Does not wait until the arms are ready. */
  readonly early?: boolean;
  /** Servers that another gateway is in front of, too. */
  readonly between?: Pick<Migrating, "legacy" | "candidate">;
  /** More of `spec.gateway`. */
  readonly gateway?: Record<string, unknown>;
}

export const CHAT_REPLY = { id: "x", object: "chat.completion", model: "m", choices: [], usage: { prompt_tokens: 1 } };

/** Streams a few tokens as vLLM does, and says which side it is. */
export function streams(side: string): Behaviour {
  return (request, response) => {
    const asked = parsed(request.body);
    if (asked === undefined) return void response.writeHead(400).end('{"error":{"message":"no JSON"}}');
    const model = asked.model;
    if (asked.stream !== true) {
      const choices = [{ index: 0, message: { role: "assistant", content: side }, finish_reason: "stop" }];
      response.setHeader("content-type", "application/json");
      return void response.end(JSON.stringify({ ...CHAT_REPLY, model, choices }));
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (delta: object, finish: string | null = null) =>
      sseChunk(response, {
        id: "x",
        object: "chat.completion.chunk",
        model,
        choices: [{ index: 0, delta, finish_reason: finish }],
      });
    send({ role: "assistant", content: "" });
    send({ content: side });
    send({}, "stop");
    response.end("data: [DONE]\n\n");
  };
}

function parsed(body: string): { readonly stream?: boolean; readonly model: string } | undefined {
  try {
    return JSON.parse(body) as { stream?: boolean; model: string };
  } catch {
    return undefined;
  }
}

export function sseChunk(response: ServerResponse, event: object): void {
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}

const FAST = {
  schedule: { checkIntervalSeconds: 0.05, minRequests: 0, noDataGraceSeconds: 3600, finalHoldSeconds: 3600 },
  shadow: { enabled: false },
};

export async function migrating(options: MigratingOptions = {}): Promise<Migrating> {
  const legacy = options.between?.legacy ?? (await fakeVllm(options.legacy ?? streams("legacy")));
  const candidate = options.between?.candidate ?? (await fakeVllm(options.candidate ?? streams("candidate")));
  const folder = options.folder ?? temporaryFolder();
  const lines: string[] = [];
  const anyPort = { host: "127.0.0.1", port: 0 };
  const { deployments, plans, diagnostics } = readDeploymentText({
    file: "t.yaml",
    text: [
      deploymentText({
        metadata: { name: "fleet" },
        spec: {
          model: { name: "m" },
          tokenizer: { source: "none" },
          routing: { algorithm: "round_robin" },
          serving: { workers: { endpoints: [{ url: options.outside ? legacy.url("m") : candidate.url("m") }] } },
          gateway: { listener: anyPort, admin: anyPort, stateDirectory: folder, ...options.gateway },
          monitoring: { prometheus: { enabled: false } },
        },
      }),
      stringify({
        apiVersion: "llm-d.nvidia.com/v1",
        kind: "MigrationPlan",
        metadata: { name: "move" },
        spec: {
          ...(options.outside
            ? {
                legacy: { deployment: "fleet" },
                candidate: { url: candidate.url(options.outside), models: { m: options.outside } },
              }
            : { legacy: { url: legacy.url("m") }, candidate: { deployment: "fleet" } }),
          ...FAST,
          ...options.spec,
        },
      }),
    ].join("---\n"),
  });
  assert.ok(deployments.length > 0, diagnostics.map(renderDiagnostic).join("\n"));
  const running = await serve({
    deployments,
    plans,
    log: createLog({ level: "debug", destination: { write: (line) => void lines.push(line) } }),
    preflight: async () => ({ failures: options.failures ?? [] }),
  });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= running.stop());
  closeAfterTest(stop);
  if (options.early !== true) await running.ready(5000);
  const port = Number(new URL(running.urls.data).port);
  const token = readFileSync(running.adminTokenFile, "utf8").trim();
  const admin = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${running.urls.admin}/admin/v1/migrations${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const status = async () => (await admin("GET", "/move")).body as unknown as MigrationStatus;
  const until: Migrating["until"] = async (what) => {
    for (let left = 100; left > 0; left--) {
      const now = await status();
      if (what(now)) return now;
      await sleep(20);
    }
    return assert.fail(`not reached: ${JSON.stringify((await status()).plan)}`);
  };
  if (options.early !== true) await until(({ arms }) => arms.legacy.ready === 1);
  return {
    port,
    legacy,
    candidate,
    log: lines,
    folder: join(folder, "migrations", "move"),
    ask: (user, body = {}, headers = {}) => call({ port }, { body: chat({ model: "m", user, ...body }), headers }),
    status,
    report: async () => (await admin("GET", "/move/report")).body as unknown as MigrationReport,
    command: (name, body = {}) => admin("POST", `/move/${name}`, body),
    until,
    stop,
  };
}
