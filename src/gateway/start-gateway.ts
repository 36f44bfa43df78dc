// Opens the data port and puts the parts of a gateway together.
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { closeServer, handOverServer } from "./close-server.ts";
import { SwitchgearError } from "../core/index.ts";
import { residuals } from "../routing/index.ts";
import { account, type Books } from "./account.ts";
import type { Context } from "./context.ts";
import { handleRequest } from "./handle-request.ts";
import { legWatch } from "./leg-watch.ts";
import { listenerCheck } from "./listener-check.ts";
import type { GatewayModel, GatewayOptions } from "./options.ts";
import { randomIds } from "./random-ids.ts";
import { bodyRoom } from "./read-body.ts";
import { type Receipt, receiptStore } from "./receipts.ts";
import { refusal, refusalBody } from "./refusal.ts";
import { type RetryBudget, retryBudget } from "./retry-budget.ts";
import { sloSamples } from "./slo.ts";
import { unfailing } from "./unfailing.ts";
import { upstreamPools } from "./upstream-pools.ts";
import { workerQueue } from "./worker-queue.ts";

export interface Gateway {
  readonly port: number;
  /** Requests inside now. */
  readonly inflight: number;
  /** By our request id or the client's. */
  receipt(id: string): Receipt | undefined;
  /** Measured ÷ predicted time of a worker; 1 when unknown. */
  slowdown(worker: string): number;
  /** Not ready any more; running requests finish within the drain limit, then are cut. */
  close(): Promise<void>;
  /** Another process serves the same socket: accepts no more, and closes once its connections have ended by themselves. */
  handOver(): Promise<void>;
}

/** Longer than what load balancers keep idle connections (60 s is usual), so that they close first. */
const KEEP_ALIVE_MS = 75_000;
const HEAD_TIMEOUT_MS = 10_000;
/** For head and body together; a 64 MiB body at 2 Mbit/s. */
const BODY_TIMEOUT_MS = 300_000;

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const context = makeContext(options);
  const server = makeServer(context);
  await listen(server, options);
  showGauges(context);
  return {
    port: (server.address() as AddressInfo).port,
    get inflight() {
      return context.running;
    },
    receipt: (id) => context.books.receipts.find(id),
    slowdown: (worker) => context.books.residuals.slowdown(worker),
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
  });
  const budgets = new Map<string, RetryBudget>();
  const fingerprints = new Map<string, string | null>();
  // What comes back may be another version: its first stream must not carry the old one's.
  fleet.onChange(({ id, state }) => {
    if (state !== "ready") fingerprints.delete(id);
  });
  const context: Context = {
    options,
    books,
    running: 0,
    pools,
    watch: legWatch(clock),
    listener: listenerCheck(clock),
    queue: workerQueue(fleet, clock),
    room: bodyRoom(options.totalBodyBytes ?? options.bodyBytes * 16),
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
      unfailing(log, "books", () => account(books, record, outcome));
      if (context.running === 0) context.onIdle?.();
    },
  };
  return context;
}

function makeServer(context: Context): Server {
  const latest = new WeakMap<Socket, ServerResponse>();
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: BODY_TIMEOUT_MS,
      connectionsCheckingInterval: 2000,
      keepAlive: true,
      insecureHTTPParser: false,
      // `framingFault` refuses it, with a body.
      requireHostHeader: false,
    },
    (request, response) => {
      latest.set(request.socket, response);
      handleRequest(context, request, response);
    },
  );
  server.on("clientError", (error: NodeJS.ErrnoException, duplex) => {
    const socket = duplex as Socket;
    const response = latest.get(socket);
    // In the middle of an answer, or after the last one, another answer would be read as part of it.
    if (response?.headersSent === true && !(response.writableFinished && response.shouldKeepAlive))
      socket.destroySoon();
    else refuseSocket(error, socket);
  });
  // An Upgrade request would otherwise lose its connection without an answer.
  server.on("upgrade", (_request, socket) => refuseSocket(undefined, socket as Socket));
  return server;
}

/** What the parser refused: answered on the bare socket, which then ends. */
function refuseSocket(error: NodeJS.ErrnoException | undefined, socket: Socket): void {
  if (error?.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const refused = parserRefusal(error?.code);
  const body = refusalBody(refused);
  const head = `HTTP/1.1 ${refused.status} ${refused.type}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body);
}

function parserRefusal(code: string | undefined) {
  if (code === "HPE_HEADER_OVERFLOW") return refusal(431, "The request's headers are too large.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return refusal(408, "The request did not arrive in time.");
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return refusal(413, "The chunk extensions are too large.");
  if (code === undefined) return refusal(400, "Protocol upgrades are not supported.");
  return refusal(400, `The request is not valid HTTP (${code}).`);
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
    index: () => options.index.stats(),
    slo: () => servedModels(options).flatMap(({ name, slo }) => (slo === undefined ? [] : sloSamples(name, slo))),
    workers: () =>
      options.fleet.workers().map(({ id, model, state, ledger, gauges }) => ({
        ...ledger.load,
        id,
        model,
        state,
        kvUsage: gauges?.kvUsage,
        slowdown: books.residuals.slowdown(id),
      })),
  });
}

/** Once each, whatever number of names it has. */
function servedModels({ fleet, model }: GatewayOptions): GatewayModel[] {
  return [...new Set(fleet.models().map(model))].filter((one) => one !== undefined);
}
