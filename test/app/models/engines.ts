// Simulated engines in this process, as given workers of deployments: what the tests of models and adapters share.
import { type EngineOptions, type EngineServer, startEngineServer } from "../../../src/engine/index.ts";
import type { Json, JsonObject } from "../../config/deployment-text.ts";
import { closeAfterTest } from "../../core/closing.ts";

export async function engineOf(model: string, more: Partial<EngineOptions> = {}): Promise<EngineServer> {
  const engine = await startEngineServer({
    model,
    servedModelNames: [model],
    profile: "llama-3.1-8b-h100-tp1-bf16",
    maxModelLen: 4096,
    port: 0,
    speed: 500,
    ...more,
  });
  closeAfterTest(() => engine.close());
  return engine;
}

/** A document for `served`: `model` before these engines. */
export function before(engines: readonly EngineServer[], model: JsonObject = {}, more: JsonObject = {}): Json {
  const endpoints = engines.map(({ url }) => ({ url, kvEvents: false }));
  return { spec: { model, serving: { workers: { endpoints } }, ...more } };
}

export const GREEDY = { temperature: 0, ignore_eos: true, max_tokens: 4 } as const;

/** What the members `model` of an answer say, whole or streamed. */
export function modelsIn(body: string): readonly string[] {
  return [...new Set([...body.matchAll(/"model":\s*"([^"]*)"/g)].map(([, name = ""]) => name))];
}
