// What end-to-end tests ask of a running serve: chats, admin calls, waiting for a condition.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ServeProcess } from "../../bench/lib/serve-process.ts";

export interface Answer {
  readonly status: number;
  readonly requestId: string;
  readonly body: Record<string, unknown>;
}

export async function chat(serve: ServeProcess, content: string, more: Record<string, unknown> = {}): Promise<Answer> {
  const response = await fetch(`${serve.data}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", max_tokens: 3, messages: [{ role: "user", content }], ...more }),
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, requestId: response.headers.get("x-request-id") ?? "", body };
}

export type AdminAccess = Pick<ServeProcess, "admin" | "adminTokenFile">;

export async function admin(serve: AdminAccess, path: string, method = "GET"): Promise<Record<string, unknown>> {
  const token = readFileSync(serve.adminTokenFile, "utf8").trim();
  const response = await fetch(`${serve.admin}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 200, `${method} ${path}: ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

export interface WorkerLine {
  readonly id: string;
  readonly state: string;
  readonly url: string;
  readonly load: { readonly prefillRequests: number; readonly decodeRequests: number };
}

export async function workers(serve: AdminAccess): Promise<WorkerLine[]> {
  return (await admin(serve, "/admin/v1/workers"))["workers"] as WorkerLine[];
}

/** That run at each worker, as the gateway counts them. */
export async function requestsOf(serve: AdminAccess): Promise<number[]> {
  return (await workers(serve)).map(({ load }) => load.prefillRequests + load.decodeRequests);
}

/** Asks again until it holds; fails after the limit. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, limitMs = 5000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `not within ${limitMs} ms: ${what}`);
    await new Promise((next) => void setTimeout(next, 20));
  }
}

export function cachedTokens({ body }: Answer): number {
  const usage = body["usage"] as { prompt_tokens_details: { cached_tokens: number } };
  return usage.prompt_tokens_details.cached_tokens;
}

export const prose = (words: number, salt: string): string =>
  Array.from({ length: words }, (_, i) => `${salt}${i * 7919}`).join(" ");
