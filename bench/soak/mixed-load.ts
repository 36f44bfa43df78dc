// The mixed load: requests of all kinds at fixed times over kept connections. A helper process, asked once per run.
import { Agent, type ClientRequest, request as httpRequest } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { percentile, seededRandom } from "../../src/core/index.ts";
import { answerQuestions } from "../lib/helper-process.ts";
import { nextRequest, oneOfEach, type SoakRequest } from "./request-kinds.ts";

export interface MixedJob {
  readonly port: number;
  readonly models: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly seed: string;
  /** First one of each kind to each model. */
  readonly allKinds: boolean;
}

export interface MixedResult {
  readonly seconds: number;
  readonly requests: number;
  readonly kinds: Readonly<Record<string, number>>;
  /** Answers that came of faults injected on purpose. */
  readonly injected: number;
  /** Answers that should not be, by what they were. */
  readonly wrong: Readonly<Record<string, number>>;
  readonly unaryP99Ms: number;
  /** By how much requests were sent after their time: of the client, not of the gateway. */
  readonly lagP99Ms: number;
}

interface Running {
  readonly agent: Agent;
  readonly port: number;
  readonly kinds: Record<string, number>;
  readonly wrong: Record<string, number>;
  readonly unary: number[];
  injected: number;
}

type Answer =
  | { readonly kind: "answer"; readonly status: number; readonly body: string }
  | { readonly kind: "cut"; readonly status: number | undefined; readonly why: "left" | "late" | "closed" };

/** What injected errors look like after the gateway's retries. */
const INJECTED = new Set([429, 500, 502, 503]);
/** A request that nobody answers must not keep the run from ending. */
const LIMIT_MS = 60_000;

answerQuestions(run);

async function run({ port, models, perSecond, seconds, seed, allKinds }: MixedJob): Promise<MixedResult> {
  const random = seededRandom(seed);
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
  const running: Running = { agent, port, kinds: {}, wrong: {}, unary: [], injected: 0 };
  if (allKinds) for (const model of models) for (const one of oneOfEach({ model, random })) await send(running, one);
  const open = new Set<Promise<void>>();
  const started = performance.now();
  const lags: number[] = [];
  let sent = 0;
  for (; sent < perSecond * seconds; sent++) {
    const due = started + (sent * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await delay(wait);
    lags.push(performance.now() - due);
    const one = send(running, nextRequest({ model: models[sent % models.length] ?? "", random }));
    open.add(one);
    void one.finally(() => open.delete(one));
  }
  const elapsed = (performance.now() - started) / 1000;
  await Promise.all(open);
  agent.destroy();
  const { kinds, wrong, injected, unary } = running;
  const unaryP99Ms = percentile(
    unary.sort((a, b) => a - b),
    99,
  );
  return {
    seconds: elapsed,
    requests: sent,
    kinds,
    wrong,
    injected,
    unaryP99Ms,
    lagP99Ms: percentile(
      lags.sort((a, b) => a - b),
      99,
    ),
  };
}

async function send(running: Running, request: SoakRequest): Promise<void> {
  const start = performance.now();
  count(running.kinds, request.kind);
  const answer = await exchange(running, request);
  if (request.kind === "unary") running.unary.push(performance.now() - start);
  const fault = faultOf(request, answer);
  if (fault === "injected") running.injected += 1;
  else if (fault !== undefined) count(running.wrong, `${request.kind}: ${fault}`);
}

/** Undefined = as it should be. */
function faultOf({ statuses, stream, worker }: SoakRequest, answer: Answer): string | undefined {
  if (answer.kind === "cut") {
    if (answer.why === "left") return undefined;
    if (answer.why === "late") return `no answer in ${LIMIT_MS / 1000} s`;
    return worker ? "injected" : `cut (status ${answer.status})`;
  }
  const { status, body } = answer;
  if (!statuses.includes(status)) return worker && INJECTED.has(status) ? "injected" : `status ${status}`;
  if (!stream || status !== 200) return undefined;
  if (body.includes('data: {"error"')) return "injected";
  return body.endsWith("data: [DONE]\n\n") ? undefined : "stream without [DONE]";
}

function exchange({ agent, port }: Running, { method, path, body, leaveAfterMs }: SoakRequest): Promise<Answer> {
  return new Promise((resolve) => {
    const headers =
      body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent: ClientRequest = httpRequest({ agent, port, host: "127.0.0.1", method, path, headers });
    let why: "left" | "late" | "closed" = "closed";
    let status: number | undefined;
    const timer = setTimeout(() => {
      why = leaveAfterMs === undefined ? "late" : "left";
      sent.destroy();
    }, leaveAfterMs ?? LIMIT_MS);
    const cut = (): void => {
      clearTimeout(timer);
      resolve({ kind: "cut", status, why });
    };
    sent.on("response", (response) => {
      status = response.statusCode ?? 0;
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", cut);
      response.on("end", () => {
        clearTimeout(timer);
        resolve({ kind: "answer", status: status ?? 0, body: Buffer.concat(pieces).toString() });
      });
    });
    sent.on("error", cut).on("close", cut);
    sent.end(body);
  });
}

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}
