// One client request from its head to the hand-over to an Exchange, or to the gateway's own answer.
import type { IncomingMessage, ServerResponse } from "node:http";
import { toError } from "../core/index.ts";
import { sendRefusal } from "./answer.ts";
import { DEFAULT_BLOCK_SIZE } from "./choose.ts";
import { takeBody } from "./bodies/take-body.ts";
import type { Context } from "./context.ts";
import { Exchange } from "./exchange.ts";
import { framingFault } from "./framing.ts";
import { closeBeforeLongBody, sendUnauthorized, withoutRoot } from "./front/front.ts";
import { type Accepted, intake } from "./intake.ts";
import { answerOwn } from "./own-routes.ts";
import { estimatedIdentity, type PromptIdentity } from "./prompt-identity.ts";
import { readBody } from "./read-body.ts";
import { newRecord, type RequestRecord } from "./record.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { type ForwardRoute, matchRoute } from "./routes.ts";
import { admitTenant } from "./tenancy/admit-tenant.ts";
import { identifyClient, type Seen } from "./tenancy/identify-client.ts";
import type { Client } from "./tenancy/tenancy.ts";
import { unfailing } from "./unfailing.ts";

export function handleRequest(context: Context, request: IncomingMessage, response: ServerResponse): void {
  const fault = framingFault(request);
  if (fault) return sendRefusal(response, fault);
  if (context.closing) response.setHeader("connection", "close");
  const [path = ""] = withoutRoot(request.url ?? "", context.front.rootPath).split("?", 1);
  const seen = identifyClient(context, request, path);
  if (!(seen instanceof Promise)) return handleIdentified(context, { request, response, path, seen });
  void seen.then((known) => {
    if (!response.destroyed) handleIdentified(context, { request, response, path, seen: known });
  });
}

interface Identifiable extends Pick<Incoming, "request" | "response"> {
  readonly path: string;
  readonly seen: Seen;
}

function handleIdentified(context: Context, { request, response, path, seen }: Identifiable): void {
  const { front, books } = context;
  const method = request.method ?? "";
  const { admitted, client } = seen;
  const route = matchRoute(method, path);
  if (route.kind !== "forward" || !admitted) closeBeforeLongBody(request, response);
  if (!admitted) {
    books.metrics.unauthorized().inc();
    return sendUnauthorized(response);
  }
  if (!front.cors(request, response)) return;
  if (route.kind === "none") return sendRefusal(response, noRoute(route, request));
  if (route.kind !== "forward") return answerOwn(context, route, { response, client });
  forward(context, { route, request, response, client });
}

interface Incoming {
  readonly route: ForwardRoute;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly client: Client | undefined;
}

/** The state between the parts below; `exchange` is set once the request is accepted. */
interface Life {
  readonly context: Context;
  readonly record: RequestRecord;
  exchange: Exchange | undefined;
  left: boolean;
  ended: boolean;
}

function forward(context: Context, incoming: Incoming): void {
  const { clock } = context.options;
  const id = context.newId();
  const about = {
    id,
    trace: context.tracing?.begin(incoming.request.headers["traceparent"], id),
    route: incoming.route.name,
    arrivedAt: clock.now(),
    arrivedEpoch: clock.epoch(),
  };
  const life: Life = { context, record: newRecord(about), exchange: undefined, left: false, ended: false };
  life.record.client = incoming.client;
  context.running += 1;
  incoming.response.once("close", () => {
    if (incoming.response.writableFinished) return;
    life.left = true;
    if (life.exchange) life.exchange.clientLeft();
    else end(life, "aborted");
  });
  run(life, incoming).catch((thrown: unknown) => {
    const error = toError(thrown);
    context.options.log.error({ requestId: life.record.id, error: error.stack }, "defect");
    const failed = refusal(500, "The gateway failed; the log tells more by the request id.");
    if (life.exchange) life.exchange.refuse(failed);
    else refuse(life, incoming, failed);
  });
}

async function run(life: Life, incoming: Incoming): Promise<void> {
  const { context, record } = life;
  const { room, options } = context;
  const held = await readBody(incoming.request, { bodyBytes: options.bodyBytes, room });
  if (held === undefined || life.left) {
    if (held !== undefined && "chunks" in held) room.give(held.bytes);
    return end(life, "aborted");
  }
  if (!("chunks" in held)) return refuse(life, incoming, held);
  const { bytes } = held;
  incoming.response.once("close", () => room.give(bytes));
  record.readAt = options.clock.now();
  record.phase = "deciding";
  const { fleet, model } = options;
  const whole = takeBody(context.bodies, incoming.route, held);
  const taken = whole instanceof Promise ? await whole : whole;
  if (life.left) return;
  const accepted = intake({
    ...incoming,
    headers: incoming.request.headers,
    ...taken,
    names: fleet.models(),
    model,
    more: options.names,
    adapters: context.adapters,
    requestId: record.id,
    client: record.client,
  });
  if (accepted.kind === "refused") {
    record.model = accepted.model;
    return refuse(life, incoming, accepted.refusal);
  }
  record.parsedAt = options.clock.now();
  record.model = accepted.model.name;
  record.alias = accepted.alias;
  record.adapter = accepted.adapter;
  record.promised = accepted.promised;
  record.stream = accepted.stream;
  record.clientRequestId = accepted.clientRequestId;
  const identity = identify(context, incoming.route, accepted);
  const what = { accepted, identity: identity instanceof Promise ? await identity : identity };
  if (life.left) return;
  record.identifiedAt = options.clock.now();
  record.promptTokens = what.identity.promptTokens;
  record.promptTokensExact = what.identity.exact;
  const admitted = admitTenant({ context, record, accepted, isGone: () => life.left });
  const denied = admitted instanceof Promise ? await admitted : admitted;
  if (denied) return refuse(life, incoming, denied);
  start(life, incoming, what);
}

function start(life: Life, incoming: Incoming, what: { accepted: Accepted; identity: PromptIdentity }): void {
  const { context, record } = life;
  if (life.left) return;
  const { recorder, log } = context.options;
  if (recorder) unfailing(log, "recorder", () => recorder.identified(record, what.identity));
  context.adapters.asked({ model: what.accepted.model.name, adapter: what.accepted.adapter });
  const { route, request, response } = incoming;
  life.exchange = new Exchange({ ...what, context, route, record, response, clientHeaders: request.headers });
  life.exchange.start();
}

/** Length and block hashes of the prompt; an estimate where they cannot be known. */
function identify(
  { options, books }: Context,
  route: ForwardRoute,
  { model, request, body, cacheSalt, adapter }: Accepted,
): PromptIdentity | Promise<PromptIdentity> {
  const bytes = body.length;
  if (route.routing !== "policy" || model.prompt === undefined || request === undefined)
    return estimatedIdentity(bytes);
  const started = options.clock.now();
  const measured = (identity: PromptIdentity | undefined) => {
    books.metrics.tokenise(model.name).observe((options.clock.now() - started) / 1000);
    return identity ?? estimatedIdentity(bytes);
  };
  const blockSize = options.fleet.eligible(model.name, "any")[0]?.facts.blockSize ?? DEFAULT_BLOCK_SIZE;
  const { prompt } = model;
  const read = unfailing(options.log, "prompt", () =>
    prompt(request, { body: route.body, blockSize, bytes, cacheSalt, lora: adapter, raw: body }),
  );
  return read instanceof Promise ? read.then(measured) : measured(read);
}

function refuse(life: Life, { response }: Incoming, refused: Refusal): void {
  life.record.status = refused.status;
  sendRefusal(response, refused, life.record);
  end(life, refused.status < 500 ? "rejected" : "failed");
}

/** For requests that never became an Exchange, which does the same at its own end. */
function end(life: Life, outcome: "aborted" | "rejected" | "failed"): void {
  if (life.ended || life.exchange) return;
  life.ended = true;
  life.context.finished(life.record, outcome);
}

function noRoute(
  route: { readonly status: 404 | 405; readonly allow: string | undefined },
  request: IncomingMessage,
): Refusal {
  const path = (request.url ?? "").split("?")[0]?.slice(0, 200) ?? "";
  if (route.allow === undefined) return refusal(404, `There is no \`${request.method} ${path}\` here.`);
  return refusal(405, `\`${path}\` takes ${route.allow}, not ${request.method}.`, { headers: { allow: route.allow } });
}
