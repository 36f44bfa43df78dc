// What must hold once a run is over and everything is quiet: books balance, nothing is left, nothing stormed.
import { setTimeout as pause } from "node:timers/promises";
import type { Inside } from "./inside.ts";
import type { Verdict } from "./judge.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import { seriesOf, sumOf } from "./metrics-text.ts";

export interface Ended {
  readonly requests: number;
  readonly verdicts: Readonly<Record<Verdict | "left", number>>;
  readonly wrongs: readonly string[];
  readonly notReady: readonly string[];
  /** Of the gateway's process, under load and before the first fault. */
  readonly before: Inside;
  /** The worker that never failed. */
  readonly witness: string;
}

export interface Counts {
  readonly continued: number;
  /** Streams that ended with an error, by why they were not continued. */
  readonly denied: Readonly<Record<string, number>>;
  readonly retried: number;
  readonly breakersOpened: number;
}

/** Keep-alive of sockets to workers is 3 s, of probes 2 s, of clients 5 s. */
const QUIET_LIMIT_MS = 12_000;
/** One to each worker for probes, and those of the admin API and the questions of this suite. */
const SOCKETS_LEFT = 20;
/** Timers of the process itself: probes, sweeps, limits. */
const TIMERS_LEFT = 20;
const HEAP_GROWTH = 40 << 20;
/** `retryBudgetRatio` and what is affordable at first, and again a bound of all that was saved up. */
const RETRY_RATIO = 0.2;
const RETRY_SAVED = 100;
/** Some faults are answers, 429 and 500, that are the client's to see. */
const SERVED = 0.85;

export async function violations(gateway: GatewayProcess, ended: Ended): Promise<{ broken: string[]; counts: Counts }> {
  const broken: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || broken.push(what));
  for (const line of ended.wrongs) broken.push(`wrong answer: ${line}`);
  expect(gateway.exit === undefined, `the gateway ended: ${gateway.exit}`);
  if (gateway.exit !== undefined)
    return { broken, counts: { continued: 0, denied: {}, retried: 0, breakersOpened: 0 } };
  expect(ended.notReady.length === 0, `10 s after the last fault: ${ended.notReady.join("; ")}`);
  // At most half of the workers fail at any time, and those that are well could serve everybody.
  const { exact, left: departed } = ended.verdicts;
  const served = exact / Math.max(1, ended.requests - departed);
  expect(served >= SERVED, `only ${Math.round(served * 100)} % of the answers were exact`);
  const idle = await settled(gateway);
  expect(idle, "requests in flight did not return to zero");
  const page = await gateway.metrics();
  const counted = sumOf(page, "switchgear_requests_total");
  // A client that leaves while it connects is never seen.
  const { left } = ended.verdicts;
  expect(
    counted <= ended.requests && counted >= ended.requests - left,
    `${ended.requests} requests were sent, ${left} of them left, and the gateway ended ${counted}`,
  );
  for (const phase of ["prefill", "decode"])
    expect(sumOf(page, "switchgear_worker_requests", { phase }) === 0, `workers are said to have ${phase} requests`);
  expect(sumOf(page, "switchgear_worker_context_tokens") === 0, "workers are said to have context tokens");
  expect(sumOf(page, "switchgear_request_body_bytes") === 0, "bytes of bodies are still held");
  const counts = {
    continued: sumOf(page, "switchgear_continuations_total"),
    denied: seriesOf(page, "switchgear_continuations_denied_total", "reason"),
    retried: sumOf(page, "switchgear_retries_total"),
    breakersOpened: sumOf(page, "switchgear_breaker_changes_total", { to: "open" }),
  };
  const affordable = ended.requests * RETRY_RATIO + RETRY_SAVED;
  expect(counts.retried <= affordable, `a storm: ${counts.retried} retries of ${ended.requests} requests`);
  const opened = sumOf(page, "switchgear_breaker_changes_total", { worker: ended.witness, to: "open" });
  expect(opened === 0, `the breaker of a worker that never failed opened ${opened} times`);
  broken.push(...(await leaks(gateway, ended.before)));
  return { broken, counts };
}

/** What is still left once connections that are kept have had their time. */
async function leaks(gateway: GatewayProcess, before: Inside): Promise<string[]> {
  const end = performance.now() + QUIET_LIMIT_MS;
  for (;;) {
    const found = leaksIn(await gateway.inside(), before);
    if (found.length === 0 || performance.now() > end) return found;
    await pause(500);
  }
}

function leaksIn({ resources, heapUsed }: Inside, before: Inside): string[] {
  const sockets = resources["TCPSocketWrap"] ?? 0;
  const timers = resources["Timeout"] ?? 0;
  const growth = heapUsed - before.heapUsed;
  return [
    ...(sockets <= SOCKETS_LEFT ? [] : [`${sockets} sockets are open: ${JSON.stringify(resources)}`]),
    ...(timers <= TIMERS_LEFT ? [] : [`${timers} timers wait: ${JSON.stringify(resources)}`]),
    ...(growth < HEAP_GROWTH ? [] : [`the heap has grown by ${Math.round(growth / 1e6)} MB`]),
  ];
}

async function settled(gateway: GatewayProcess): Promise<boolean> {
  const end = performance.now() + 10_000;
  while (sumOf(await gateway.metrics(), "switchgear_inflight_requests") > 0) {
    if (performance.now() > end) return false;
    await pause(100);
  }
  return true;
}
