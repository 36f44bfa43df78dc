// Opens the data port and puts the parts of a gateway together.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { closeServer, handOverServer } from "./close-server.ts";
import { SwitchgearError } from "../core/index.ts";
import { residuals } from "../routing/index.ts";
import { account, type Books } from "./account.ts";
import { gates } from "./admission/gates.ts";
import { longBodies } from "./bodies/long-bodies.ts";
import type { Context } from "./context.ts";
import { kvMoves } from "./disaggregated/kv-moves.ts";
import { front } from "./front/front.ts";
import { httpServer } from "./front/http-server.ts";
import type { TlsMaterial } from "./front/tls-material.ts";
import { handleRequest } from "./handle-request.ts";
import { legWatch } from "./leg-watch.ts";
import { listenerCheck } from "./listener-check.ts";
import { openAdapters } from "./models/open-adapters.ts";
import type { GatewayModel, GatewayOptions } from "./options.ts";
import { promisedGaps } from "./promised/promised-gaps.ts";
import { randomIds } from "./random-ids.ts";
import { bodyRoom } from "./read-body.ts";
import { type Receipt, receiptStore } from "./receipts.ts";
import { type RetryBudget, retryBudget } from "./retry-budget.ts";
import { sloSamples } from "./slo.ts";
import { settle } from "./tenancy/settle.ts";
import { tracing } from "./tracing/tracing.ts";
import { unfailing } from "./unfailing.ts";
import { upstreamPools } from "./upstream-pools.ts";
import { workerQueue } from "./worker-queue.ts";

export interface Gateway {
  readonly port: number;
  /** Requests inside now. */
  readonly inflight: number;
  /** Requests of a model that wait for a worker. */
  waiting(model: string): number;
  /** By our request id or the client's. */
  receipt(id: string): Receipt | undefined;
  /** Measured ÷ predicted time of a worker; 1 when unknown. */
  slowdown(worker: string): number;
  /** For handshakes from now on; throws, and changes nothing, when it cannot be used. */
  renewTls(tls: TlsMaterial): void;
  /** Keys of clients from now on. */
  renewKeys(keys: readonly string[]): void;
  /** Not ready any more; running requests finish within the drain limit, then are cut. */
  close(): Promise<void>;
  /** Another process serves the same socket: accepts no more, and closes once its connections have ended by themselves. */
  handOver(): Promise<void>;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const context = makeContext(options);
  const { server, renewTls } = httpServer((request, response) => handleRequest(context, request, response), {
    tls: options.front?.tls,
    slowness: options.front?.slowness,
  });
  await listen(server, options);
  showGauges(context);
  return {
    port: (server.address() as AddressInfo).port,
    get inflight() {
      return context.running;
    },
    waiting: (name) =>
      context.queue.of(name) + (context.gates.waiting().find(({ model }) => model === name)?.requests ?? 0),
    receipt: (id) => context.books.receipts.find(id),
    slowdown: (worker) => context.books.residuals.slowdown(worker),
    renewTls,
    renewKeys: (keys) => context.front.guard.renew(keys),
    close: () => closeServer(server, context),
    handOver: () => handOverServer(server, context),
  };
}

function makeContext(options: GatewayOptions): Context {
  const { clock, metrics, log, fleet } = options;
  const receipts = receiptStore(options.receipts, clock);
  const books: Books = {
    metrics,
    log,
    clock,
    receipts,
    residuals: residuals(),
    slo: (model) => options.model(model)?.slo,
  };
  const pools = upstreamPools();
  fleet.onChange((worker) => {
    const left = !fleet.workers().includes(worker);
    // It may come back with another configuration.
    if (left || worker.state === "dead") books.residuals.forget(worker.id);
    if (left) pools.forget(worker.id);
    if (left || worker.state === "dead") context.kvMoves.forget(worker.id);
  });
  const budgets = new Map<string, RetryBudget>();
  const gaps = promisedGaps();
  const fingerprints = new Map<string, string | null>();
  // What comes back may be another version: its first stream must not carry the old one's.
  fleet.onChange(({ id, state }) => {
    if (state !== "ready") fingerprints.delete(id);
  });
  const context: Context = {
    options,
    books,
    front: front(options.front ?? {}),
    running: 0,
    pools,
    tracing: options.tracing && tracing(options.tracing, { newId: randomIds(), random: options.random }),
    watch: legWatch(clock),
    listener: listenerCheck(clock),
    queue: workerQueue(fleet, clock),
    adapters: openAdapters(options, pools),
    gates: gates(options, {
      slowdown: (worker) => books.residuals.slowdown(worker),
      promisedItlMs: (worker) => gaps.tightest(worker),
    }),
    gaps,
    room: bodyRoom(options.totalBodyBytes ?? options.bodyBytes * 16),
    bodies: longBodies(clock),
    kvMoves: kvMoves((worker) => log.error({ worker }, "no KV reaches this worker: it computes all prompts itself")),
    fingerprints,
    startedEpoch: clock.epoch(),
    newId: options.newId ?? randomIds(),
    closing: false,
    onIdle: undefined,
    budget(model, ratio) {
      // The ratio may change while requests run.
      const key = `${ratio} ${model}`;
      let budget = budgets.get(key);
      if (budget === undefined) budgets.set(key, (budget = retryBudget(ratio)));
      return budget;
    },
    finished(record, outcome) {
      context.running -= 1;
      unfailing(log, "tenants", () => settle(options, record, outcome));
      unfailing(log, "books", () => account(books, record, outcome));
      unfailing(log, "recorder", () => options.recorder?.ended(record, outcome));
      unfailing(log, "traces", () => context.tracing?.ended(record, outcome, clock.now()));
      unfailing(log, "admission", () => context.gates.poke(record.model ?? ""));
      if (context.running === 0) context.onIdle?.();
    },
  };
  return context;
}

function listen(server: Server, { listen: { host, port }, fd }: GatewayOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") return reject(error);
      reject(
        new SwitchgearError("SWG_PORT_IN_USE", `port ${port} of the gateway is taken`, {
          value: port,
          where: "gateway.listener.port",
          expected: "a free port",
          cause: error,
        }),
      );
    });
    if (fd === undefined) server.listen(port, host, resolve);
    else server.listen({ fd }, resolve);
  });
}

function showGauges(context: Context): void {
  const { options, books, room } = context;
  options.metrics.show({
    inflight: () => context.running,
    bodyBytes: () => room.held,
    receipts: () => books.receipts.size,
    admission: () => context.gates.waiting(),
    index: () => options.index.stats(),
    kvTransfers: () =>
      options.fleet.workers().flatMap(({ id, role, gauges }) => {
        if (role !== "decode") return [];
        context.kvMoves.look(id, gauges);
        return [{ id, stalled: context.kvMoves.isStalled(id) }];
      }),
    slo: () => servedModels(options).flatMap(({ name, slo }) => (slo === undefined ? [] : sloSamples(name, slo))),
    workers: () =>
      options.fleet.workers().map(({ id, model, state, breaker = "closed", ledger, gauges }) => ({
        ...ledger.load,
        id,
        model,
        state,
        breaker,
        kvUsage: gauges?.kvUsage,
        slowdown: books.residuals.slowdown(id),
      })),
  });
}

/** Once each, whatever number of names it has. */
function servedModels({ fleet, model }: GatewayOptions): GatewayModel[] {
  return [...new Set(fleet.models().map(model))].filter((one) => one !== undefined);
}
