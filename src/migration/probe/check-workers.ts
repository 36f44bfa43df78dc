// What only the workers show: metric names, cancellation, KV events, cache salt, KV transfer between roles.
import { parseMetricsPage, readWorkerMetrics } from "../../vllm/index.ts";
import { brief } from "./arm-client.ts";
import { longPrompt } from "./canned-prompts.ts";
import { type Body, CHAT, type ProbeContext, shortChat } from "./context.ts";
import { digNumber } from "./dig.ts";
import { fail, type Finding, pass, skip, warn } from "./probe-check.ts";

/** What dashboards, alerts and autoscalers of a vLLM read. */
const WATCHED = [
  "vllm:num_requests_running",
  "vllm:num_requests_waiting",
  "vllm:kv_cache_usage_perc",
  "vllm:prompt_tokens_total",
  "vllm:generation_tokens_total",
  "vllm:time_to_first_token_seconds_count",
  "vllm:inter_token_latency_seconds_count",
  "vllm:e2e_request_latency_seconds_count",
  "vllm:request_success_total",
];

export async function checkMetricNames({ legacy, candidate }: ProbeContext): Promise<Finding> {
  const [before, after] = await Promise.all([legacy.metrics(), candidate.metrics()]);
  if (before === undefined) return skip("the legacy arm's /metrics cannot be read");
  if (after === undefined) return warn("the candidate's /metrics cannot be read; --candidate-metrics names its pages");
  const [had, has] = [namesOn(before), namesOn(after)];
  const lost = WATCHED.filter((name) => had.has(name) && !has.has(name));
  if (lost.length === 0) return pass(`${[...had].length} of the watched families on both`);
  return warn(`not on the candidate's page: ${lost.join(", ")}; dashboards and alerts that read them go blank`);
}

function namesOn(page: string): ReadonlySet<string> {
  return new Set(parseMetricsPage(page, new Set(WATCHED)).samples.map(({ name }) => name));
}

const FREED_WITHIN_MS = 5000;
const POLL_MS = 50;

/** Leaves a long stream and looks whether the worker goes on with it. */
export async function checkCancellation(context: ProbeContext): Promise<Finding> {
  const { candidate } = context;
  const start = await load(context);
  if (start === undefined)
    return skip("no vLLM figures on the candidate's /metrics; --candidate-metrics names its workers");
  let during = start;
  const body = shortChat({ max_tokens: 4000, ignore_eos: true, messages: [{ role: "user", content: context.mark }] });
  const left = await candidate.leave(CHAT, body, async () => {
    during = (await load(context)) ?? during;
  });
  if (left.status !== 200) return fail(`the long stream was refused: ${brief(left)}`);
  if (during.running <= start.running) return warn("the request did not show among the running ones");
  const until = context.clock.now() + FREED_WITHIN_MS;
  for (;;) {
    const now = await load(context);
    if (now !== undefined && now.running < during.running) {
      if (now.ended > start.ended) return fail("the request ran to its end although its client had left");
      return pass(`freed: ${during.running} running → ${now.running}`);
    }
    if (context.clock.now() >= until)
      return fail(`${FREED_WITHIN_MS} ms after the client left, ${now?.running ?? "?"} still run`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

interface WorkerLoad {
  readonly running: number;
  /** Requests that came to an end other than an abort. */
  readonly ended: number;
}

async function load({ candidate }: ProbeContext): Promise<WorkerLoad | undefined> {
  const page = await candidate.metrics();
  const metrics = page === undefined ? undefined : readWorkerMetrics(page);
  if (metrics?.running === undefined) return undefined;
  const { abort: _, ...ends } = metrics.requestSuccess;
  return { running: metrics.running, ended: Object.values(ends).reduce((sum, one) => sum + one, 0) };
}

export async function checkKvEvents({ kvEvents, candidate, mark }: ProbeContext): Promise<Finding> {
  if (kvEvents === undefined) return skip("no address is known; --kv-events names it");
  const batches = await kvEvents(async () => {
    await candidate.ask(CHAT, { body: promptOnly(longPrompt(`${mark} events`)) });
  });
  return batches > 0 ? pass(`${batches} batches after one new prompt`) : fail("no KV event after a new long prompt");
}

function promptOnly(content: string, extra: Body = {}): Body {
  return shortChat({ messages: [{ role: "user", content }], max_tokens: 1, ...extra });
}

/** The same prompt under another salt must not find the first one's blocks. */
export async function checkCacheSalt({ candidate, mark }: ProbeContext): Promise<Finding> {
  const ask = (salt: string) =>
    candidate.ask(CHAT, { body: promptOnly(longPrompt(`${mark} salt`), { cache_salt: salt }) });
  const first = await ask(`${mark}-a`);
  if (first.status !== 200) return skip(`cache_salt is not taken: ${brief(first)}`);
  const [again, other] = [await ask(`${mark}-a`), await ask(`${mark}-b`)];
  const [kept, leaked] = [again, other].map(({ json }) =>
    digNumber(json, "usage", "prompt_tokens_details", "cached_tokens"),
  );
  if (kept === undefined || kept === 0) return skip("no cached tokens are reported, so nothing can be seen");
  if ((leaked ?? 0) >= kept)
    return fail(`another salt finds ${leaked} cached tokens of ${kept}: tenants share a cache`);
  return pass(`${kept} cached tokens under the same salt, ${leaked ?? 0} under another`);
}

const TRANSFERRED = "external_kv_transfer";

/** Without a transfer, decode workers compute the prompt again: answers are right, and slow. */
export async function checkKvTransfer({ candidate, mark, disaggregated }: ProbeContext): Promise<Finding> {
  if (!disaggregated) return skip("not applicable: the candidate is not said to be disaggregated");
  const transferred = async (): Promise<number | undefined> => {
    const page = await candidate.metrics();
    return page === undefined ? undefined : readWorkerMetrics(page).promptTokensBySource[TRANSFERRED];
  };
  const before = await transferred();
  const reply = await candidate.ask(CHAT, { body: promptOnly(longPrompt(`${mark} transfer`), { max_tokens: 4 }) });
  if (reply.status !== 200) return fail(`the long prompt was refused: ${brief(reply)}`);
  const after = await transferred();
  if (before === undefined && after === undefined)
    return skip("the workers do not say where prompt tokens come from; --candidate-metrics names the decode workers");
  const moved = (after ?? 0) - (before ?? 0);
  return moved > 0
    ? pass(`${moved} prompt tokens came over the transfer`)
    : fail("no prompt token came over the transfer");
}
