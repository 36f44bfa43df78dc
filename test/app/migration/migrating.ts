// A gateway under a plan between two fake servers, with its admin API at hand.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "../../../src/app/index.ts";
import { readDeploymentText, renderDiagnostic } from "../../../src/config/index.ts";
import type { MigrationStatus } from "../../../src/migration/index.ts";
import { createLog } from "../../../src/telemetry/index.ts";
import type { JsonObject } from "../../config/deployment-text.ts";
import { closeAfterTest } from "../../core/closing.ts";
import { temporaryFolder } from "../../core/temporary-folder.ts";
import { type Answer, type Behaviour, call, chat } from "../../gateway/harness.ts";
import { textOf } from "../gateway-file.ts";
import { type FakeVllm, fakeVllm } from "../served.ts";
import { type PlanAdmin, planAdmin } from "./plan-admin.ts";
import { planText } from "./plan-text.ts";

export interface Migrating extends PlanAdmin {
  readonly port: number;
  readonly legacy: FakeVllm;
  readonly candidate: FakeVllm;
  readonly log: readonly string[];
  readonly folder: string;
  /** One request of a session. */
  ask(user: string, body?: Record<string, unknown>, headers?: Record<string, string>): Promise<Answer>;
  /** Until the status fulfils it; fails after two seconds. */
  until(what: (status: MigrationStatus) => boolean): Promise<MigrationStatus>;
  stop(): Promise<void>;
}

export interface MigratingOptions {
  readonly legacy?: Behaviour;
  readonly candidate?: Behaviour;
  readonly spec?: JsonObject;
  readonly folder?: string;
  readonly failures?: readonly string[];
  /** The candidate is a server elsewhere, which calls the model so; the legacy arm is then the deployment. */
  readonly outside?: string;
  /** Does not wait until the arms are ready. */
  readonly early?: boolean;
  /** Servers that another gateway is in front of, too. */
  readonly between?: Pick<Migrating, "legacy" | "candidate">;
  /** More of `spec.gateway`. */
  readonly gateway?: JsonObject;
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
  const text = documentsOf(options, { legacy, candidate, folder });
  const { deployments, plans, diagnostics } = readDeploymentText({ file: "t.yaml", text });
  assert.ok(deployments.length > 0, diagnostics.map(renderDiagnostic).join("\n"));
  const log: string[] = [];
  const running = await serve({
    deployments,
    plans,
    log: createLog({ level: "debug", destination: { write: (line) => void log.push(line) } }),
    preflight: async () => ({ failures: options.failures ?? [] }),
  });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= running.stop());
  closeAfterTest(stop);
  if (options.early !== true) await running.ready(5000);
  const port = Number(new URL(running.urls.data).port);
  const plan = planAdmin({ admin: running.urls.admin, adminTokenFile: running.adminTokenFile });
  const until = untilOf(plan);
  if (options.early !== true) await until(({ arms }) => arms.legacy.ready === 1);
  return {
    ...plan,
    port,
    legacy,
    candidate,
    log,
    folder: join(folder, "migrations", "move"),
    ask: (user, body = {}, headers = {}) => call({ port }, { body: chat({ model: "m", user, ...body }), headers }),
    until,
    stop,
  };
}

function documentsOf(
  { outside, gateway, spec }: MigratingOptions,
  { legacy, candidate, folder }: Pick<Migrating, "legacy" | "candidate" | "folder">,
): string {
  const anyPort = { host: "127.0.0.1", port: 0 };
  const deployment = textOf([(outside === undefined ? candidate : legacy).url("m")], {
    gateway: { listener: anyPort, admin: anyPort, stateDirectory: folder, ...gateway },
    monitoring: { prometheus: { enabled: false } },
  });
  const arms =
    outside === undefined
      ? { legacy: { url: legacy.url("m") }, candidate: { deployment: "m" } }
      : { legacy: { deployment: "m" }, candidate: { url: candidate.url(outside), models: { m: outside } } };
  return [deployment, planText({ ...arms, ...FAST, ...spec })].join("---\n");
}

function untilOf({ status }: PlanAdmin): Migrating["until"] {
  return async (what) => {
    for (let left = 100; left > 0; left--) {
      const now = await status();
      if (what(now)) return now;
      await sleep(20);
    }
    return assert.fail(`not reached: ${JSON.stringify((await status()).plan)}`);
  };
}
