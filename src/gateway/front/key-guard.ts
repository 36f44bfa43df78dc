// Asks clients for a key where vLLM with `--api-key` does (entrypoints/serve/middleware/authenticate.py).
import { hash, timingSafeEqual } from "node:crypto";
import type { ApiKeySettings } from "../../config/index.ts";

export interface KeyGuard {
  /** `authorization` as the client sent it; `path` without query and root path. */
  admits(method: string, path: string, authorization: string | undefined): boolean;
  /** One of the keys was sent, wherever that is asked for. */
  holds(authorization: string | undefined): boolean;
  /** Keys are asked for at all. */
  readonly asks: boolean;
  /** None = nobody is asked any more. */
  renew(keys: readonly string[]): void;
}

const GUARDED = ["/v1", "/v2", "/inference", "/cohere"] as const;
const OPEN = new Set(["/health", "/ready"]);

/** Without keys it admits everyone. Keys are kept as hashes, so that comparing takes the same time whatever was sent. */
export function keyGuard(keys: readonly string[], guard: ApiKeySettings["guard"] = "vllm"): KeyGuard {
  let hashes = keys.map(sha256);
  const isGuarded = (path: string) =>
    guard === "all" ? !OPEN.has(path) : GUARDED.some((prefix) => path.startsWith(prefix));
  const holds = (authorization: string | undefined): boolean => {
    const given = hashes.length === 0 ? undefined : bearer(authorization);
    return given !== undefined && isOneOf(sha256(given), hashes);
  };
  return {
    admits: (method, path, authorization) =>
      hashes.length === 0 || method === "OPTIONS" || !isGuarded(path) || holds(authorization),
    holds,
    get asks() {
      return hashes.length > 0;
    },
    renew: (more) => void (hashes = more.map(sha256)),
  };
}

function bearer(authorization = ""): string | undefined {
  const space = authorization.indexOf(" ");
  if (space < 0 || authorization.slice(0, space).toLowerCase() !== "bearer") return undefined;
  return authorization.slice(space + 1);
}

function isOneOf(given: Buffer, hashes: readonly Buffer[]): boolean {
  let found = false;
  for (const one of hashes) found = timingSafeEqual(given, one) || found;
  return found;
}

function sha256(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
