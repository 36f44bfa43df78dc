// Deployment texts for the tests of config/, and what is said of them.
import assert from "node:assert/strict";
import { stringify } from "yaml";
import { type Deployment, type Diagnostic, readDeploymentText, renderDiagnostic } from "../../src/config/index.ts";

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** Smallest valid document, with `changes` merged in. */
export function deploymentText(...changes: readonly Json[]): string {
  const base = {
    apiVersion: "llm-d.nvidia.com/v1",
    kind: "LLMDeployment",
    metadata: { name: "one" },
    spec: { model: { name: "org/model" }, serving: { workers: { endpoints: [{ url: "http://10.0.0.1:8000" }] } } },
  };
  return stringify(changes.reduce<Json>(merge, base));
}

/** The same with these fields under `spec.serving.workers`, in place of the endpoints. */
export function poolText(pool: JsonObject): string {
  return deploymentText({ spec: { serving: { workers: { endpoints: null, ...pool } } } });
}

export function load(text: string): Deployment {
  const { deployments, diagnostics } = readDeploymentText({ file: "t.yaml", text });
  const [first] = deployments;
  assert.ok(first, diagnostics.map(renderDiagnostic).join("\n"));
  return first;
}

export function diagnosticsOf(text: string): readonly Diagnostic[] {
  return readDeploymentText({ file: "t.yaml", text }).diagnostics;
}

/** `path: message` of each diagnostic. */
export function complaints(text: string): string[] {
  return diagnosticsOf(text).map(({ path, message }) => `${path}: ${message}`);
}

/** Null takes a key away. */
function merge(base: Json, change: Json): Json {
  if (!isMapping(base) || !isMapping(change)) return change;
  const merged: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key];
    else merged[key] = key in merged ? merge(merged[key] ?? null, value) : value;
  }
  return merged;
}

function isMapping(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
