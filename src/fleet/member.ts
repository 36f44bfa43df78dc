// One worker of the fleet: its record, and the loop that probes and scrapes it off the users' path.
import type { Clock, Timer } from "../core/index.ts";
import { readWorkerMetrics } from "../vllm/index.ts";
import { type Health, type HealthEvent, NEW_HEALTH, nextHealth } from "./health.ts";
import { loadLedger } from "./load-ledger.ts";
import { type MemberBreaker, memberBreaker } from "./member-breaker.ts";
import { type Mismatch, mismatches } from "./mismatches.ts";
import { readFacts, readModels, UNKNOWN_FACTS } from "./read-facts.ts";
import type { LegOutcome, Worker, WorkerFacts, WorkerGauges, WorkerState } from "./worker.ts";
import { type WorkerAnswer, type WorkerClient, workerClient } from "./worker-client.ts";
import type { WorkerIdentity, WorkerSpec } from "./worker-spec.ts";

export interface Member {
  readonly worker: Worker;
  readonly mismatches: readonly Mismatch[];
  /** `mayEject` is false when enough of its pool is out already. */
  report(outcome: LegOutcome, mayEject: boolean): void;
  /** `leaveAt`: when what still runs there must go on elsewhere. */
  setDraining(draining: boolean, leaveAt?: number): void;
  /** Drains for good; true once nothing of ours runs there. */
  retire(leaveAt?: number): boolean;
  /** Its breaker is half open and lets one request through. */
  readonly wantsTrial: boolean;
  /** Draining, but the last probe was fine. */
  readonly couldServe: boolean;
  /** Asks again which models and adapters it has. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export interface MemberOptions {
  readonly spec: WorkerSpec;
  readonly clock: Clock;
  readonly onChange: (worker: Worker) => void;
  /** `wantsTrial` is another one, nothing else changed. */
  readonly onTrial?: () => void;
  readonly client?: WorkerClient;
  /** The same server under another record: what was seen of it stands until the first probe. */
  readonly successorOf?: Worker | undefined;
}

const PROBE_LIMIT_MS = 2000;
/** A probe that took so much longer than its limit shows that this process was busy, and nothing of the worker. */
const OWN_DELAY_MS = 250;
/** While nothing points to trouble; traffic itself is the better probe. */
const READY_INTERVAL_MS = 5000;
/** A worker that came back gets traffic within a second. */
const DOUBT_INTERVAL_MS = 300;
const BUSY_SCRAPE_MS = 1000;
/** vLLM's page is 82 KB: with nothing in flight it is read rarely. */
const IDLE_SCRAPE_MS = 30_000;
/** Questions about its facts, of one time that it is ready. */
const MAX_LESSONS = 5;

/** A leg that broke or was slow may be the request's fault; only a refused connection is a proof. */
const SOFT: ReadonlySet<LegOutcome> = new Set(["broken", "slow"]);

export function member(options: MemberOptions): Member {
  const { spec, clock, onChange, onTrial = () => undefined, client = workerClient(spec), successorOf } = options;
  const ledger = loadLedger({ onBegin: () => breaker.sent(), onEnd: () => breaker.ended() });
  const breaker: MemberBreaker = memberBreaker({
    clock,
    onTrial,
    onPhase(phase) {
      record.breaker = phase;
      record.state = stateNow();
      onChange(record);
    },
  });
  const record: WorkerRecord = { ...identity(spec), ledger, ...seenOf(successorOf) };
  let health: Health = record.state === "ready" ? { ...NEW_HEALTH, phase: "ready" } : NEW_HEALTH;
  let draining = false;
  let differences: readonly Mismatch[] = [];
  let timer: Timer | undefined;
  let closed = false;
  let scrapedAt = Number.NEGATIVE_INFINITY;
  let probing = false;
  let lessons = 0;

  function feel(event: HealthEvent): void {
    const before = health.phase;
    health = nextHealth(health, event);
    if (health.phase === before) return;
    if (health.phase === "ready" && before !== "suspect") record.awaitsScrape = true;
    if (before === "dead" && health.phase === "ready") breaker.reset();
    show();
    if (health.phase !== "ready") schedule(DOUBT_INTERVAL_MS);
  }

  function stateNow(): WorkerState {
    const state = shownState(health, draining, differences);
    return state === "ready" && breaker.phase !== "closed" ? "suspect" : state;
  }

  function show(): void {
    const state = stateNow();
    if (state === record.state) return;
    record.state = state;
    onChange(record);
  }

  async function tick(): Promise<void> {
    if (probing || closed) return;
    probing = true;
    const asked = clock.now();
    let why: string | undefined;
    const answer = await probe(client, spec, (text) => (why = text));
    const ok = answer !== undefined && answer.status === 200;
    const late = !ok && clock.now() - asked > PROBE_LIMIT_MS + OWN_DELAY_MS;
    if (health.phase !== "ready") lessons = 0;
    if (ok && (health.phase !== "ready" || mayLearnMore())) {
      lessons += 1;
      await learn(readFacts(client, spec));
    }
    if (!late) {
      found(ok ? undefined : `GET /health: ${why ?? `status ${answer?.status}`}`);
      feel({ kind: "probe", ok });
    }
    if (ok && scrapeIsDue()) await scrape();
    probing = false;
    schedule(health.phase === "ready" && health.bad === 0 ? nextInterval() : DOUBT_INTERVAL_MS);
  }

  /** That a worker has not come up yet changes no state, and somebody waits for it: it is told once, too. */
  function found(trouble: string | undefined): void {
    const isNews = record.trouble === undefined && trouble !== undefined;
    record.trouble = trouble;
    if (isNews && health.phase === "starting") onChange(record);
  }

  /** A busy worker may have missed a question at first; one that never tells is not asked for ever. */
  function mayLearnMore(): boolean {
    const { version, blockSize, maxModelLen } = record.facts;
    return lessons < MAX_LESSONS && (version === undefined || blockSize === undefined || maxModelLen === undefined);
  }

  async function learn(asked: Promise<WorkerFacts>): Promise<void> {
    const facts = await asked;
    if (closed) return;
    differences = mismatches(spec, facts);
    if (sameFacts(facts, record.facts)) return;
    record.facts = facts;
    onChange(record);
    show();
  }

  function busy(): boolean {
    return ledger.load.prefillRequests + ledger.load.decodeRequests > 0;
  }

  function nextInterval(): number {
    return busy() ? BUSY_SCRAPE_MS : READY_INTERVAL_MS;
  }

  function scrapeIsDue(): boolean {
    return clock.now() - scrapedAt >= (busy() ? BUSY_SCRAPE_MS : IDLE_SCRAPE_MS);
  }

  async function scrape(): Promise<void> {
    scrapedAt = clock.now();
    const page = await client.get("/metrics", PROBE_LIMIT_MS);
    record.awaitsScrape = false;
    if (page?.status !== 200 || closed) return;
    const gauges = (record.gauges = gaugesOf(page.text, clock.now()));
    if (gauges.running !== undefined) ledger.correct(gauges.running + (gauges.waiting ?? 0));
    if (page.text.includes("vllm:lora_requests_info")) await learn(readModels(client, spec, record.facts));
  }

  function schedule(delayMs: number): void {
    timer?.cancel();
    if (closed) return;
    timer = clock.after(delayMs, () => void tick());
  }

  schedule(0);
  return {
    worker: record,
    get mismatches() {
      return differences;
    },
    report(outcome, mayEject) {
      breaker.leg(outcome, mayEject);
      if (!mayEject && SOFT.has(outcome)) return;
      if (outcome === "refused" || SOFT.has(outcome)) record.trouble = `a request: ${outcome}`;
      feel({ kind: "leg", outcome });
    },
    setDraining(value, leaveAt) {
      draining = value;
      record.leaveAt = value ? leaveAt : undefined;
      show();
    },
    retire(leaveAt) {
      draining = true;
      record.leaveAt ??= leaveAt;
      show();
      return !busy();
    },
    get wantsTrial() {
      return breaker.wantsTrial && shownState(health, draining, differences) === "ready";
    },
    refresh: () => learn(readModels(client, spec, record.facts)),
    get couldServe() {
      return draining && health.phase === "ready";
    },
    async close() {
      closed = true;
      timer?.cancel();
      breaker.close();
      await client.close();
    },
  };
}

type WorkerRecord = { -readonly [K in keyof Worker]: Worker[K] };

function seenOf(before: Worker | undefined): Pick<Worker, "state" | "facts" | "gauges"> {
  return {
    state: before?.state === "ready" ? "ready" : "starting",
    facts: before?.facts ?? UNKNOWN_FACTS,
    gauges: before?.gauges,
  };
}

/** A frontend that is no vLLM may know no /health; what it serves it always tells. */
async function probe(
  client: WorkerClient,
  { arm }: WorkerSpec,
  onFailure: (why: string) => void,
): Promise<WorkerAnswer | undefined> {
  const answer = await client.get("/health", PROBE_LIMIT_MS, onFailure);
  return arm === undefined || answer?.status !== 404 ? answer : client.get("/v1/models", PROBE_LIMIT_MS);
}

function identity(spec: WorkerSpec): WorkerIdentity {
  const { id, deployment, model, role, origin, basePath, key, labels, cost, maxSequences, tls, arm, headers } = spec;
  return { id, deployment, model, role, origin, basePath, key, labels, cost, maxSequences, tls, arm, headers };
}

function shownState(health: Health, draining: boolean, differences: readonly Mismatch[]): WorkerState {
  if (draining && health.phase !== "dead") return "draining";
  // A worker that does not serve its model would answer 404 to every user.
  if (health.phase === "ready" && differences.some((one) => one.fatal)) return "suspect";
  return health.phase;
}

function sameFacts(a: WorkerFacts, b: WorkerFacts): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function gaugesOf(page: string, at: number): WorkerGauges {
  const { running, waiting, kvUsage, promptTokensBySource } = readWorkerMetrics(page);
  return { at, running, waiting, kvUsage, externalKvTokens: promptTokensBySource["external_kv_transfer"] };
}
