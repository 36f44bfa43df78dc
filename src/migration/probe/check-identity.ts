// Which stack answered: a worker that fell back to plain vLLM answers too, and proves nothing.
import { parseMetricsPage } from "../../vllm/index.ts";
import type { ArmClient } from "./arm-client.ts";
import { CHAT, type ProbeContext, shortChat } from "./context.ts";
import { digString } from "./dig.ts";
import { fail, type Finding, pass, warn } from "./probe-check.ts";

export interface SeenStack {
  readonly server: string | undefined;
  readonly version: string | undefined;
  readonly fingerprint: string | undefined;
  /** Headers that name a gateway. */
  readonly marks: readonly string[];
  readonly startedAt: number | undefined;
}

const COMMON_HEADERS = new Set(["date", "server", "connection", "keep-alive", "vary"]);

export async function seenStack(arm: ArmClient): Promise<SeenStack> {
  const [version, chat, page] = await Promise.all([
    arm.ask("/version"),
    arm.ask(CHAT, { body: shortChat({ max_tokens: 1 }) }),
    arm.metrics(),
  ]);
  const starts = page === undefined ? [] : parseMetricsPage(page, new Set(["process_start_time_seconds"])).samples;
  return {
    server: chat.server,
    version: digString(version.json, "version"),
    fingerprint: digString(chat.json, "system_fingerprint"),
    marks: chat.headers.filter((name) => !COMMON_HEADERS.has(name) && !/^(content|transfer|access)-/.test(name)),
    startedAt: starts[0]?.value,
  };
}

export function checkIdentity(
  { legacy, candidate, expectIdentity }: ProbeContext,
  seen: { readonly legacy: SeenStack; readonly candidate: SeenStack },
): Finding {
  const shown = `legacy ${stackText(seen.legacy)}; candidate ${stackText(seen.candidate)}`;
  if (legacy.url === candidate.url) return fail(`both arms are ${legacy.url}`);
  if (expectIdentity !== undefined) {
    const found = stackText(seen.candidate).toLowerCase().includes(expectIdentity.toLowerCase());
    return found ? pass(shown) : fail(`the candidate does not show ${JSON.stringify(expectIdentity)}: ${shown}`);
  }
  const isOneProcess = seen.legacy.startedAt !== undefined && seen.legacy.startedAt === seen.candidate.startedAt;
  if (isOneProcess && identityOf(seen.legacy) === identityOf(seen.candidate))
    return warn(`both arms look like one process: ${shown}`);
  if (identityOf(seen.legacy) === identityOf(seen.candidate))
    return warn(`nothing tells the arms apart (--expect-identity says what must show): ${shown}`);
  return pass(shown);
}

function identityOf({ server, version, marks }: SeenStack): string {
  return JSON.stringify([server, version, marks]);
}

function stackText({ server, version, fingerprint, marks }: SeenStack): string {
  const parts = [
    ["server", server],
    ["version", version],
    ["fingerprint", fingerprint],
    ["headers", marks.length === 0 ? undefined : marks.join(" ")],
  ];
  return (
    parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(" ") || "tells nothing"
  );
}
