// One copy as the gateway's books know it: which worker it goes to, what it adds there, and its end. The thread does the rest.
import type { LoadEntry } from "../../fleet/index.ts";
import type { ArmTarget } from "../arms/arms.ts";
import { bodyFor } from "../arms/lane.ts";
import { decide } from "../decide.ts";
import { wholeWorkers } from "../disaggregated/pools.ts";
import { upstreamHeaders } from "../headers.ts";
import { predictBlocks } from "../predict-blocks.ts";
import { AnswerTape } from "./answer-tape.ts";
import type { MirrorOffer } from "./mirror.ts";
import type { RawAnswer } from "./raw-pair.ts";
import type { MirrorSettings } from "./settings.ts";
import type { EndedLeg } from "./thread/leg-messages.ts";
import type { LegSender, SentCopy } from "./thread/leg-sender.ts";

export interface ShadowLegParts {
  readonly offer: MirrorOffer;
  readonly sender: LegSender;
  readonly target: ArmTarget;
  readonly settings: MirrorSettings;
  readonly requestId: string;
  /** Undefined when the thread died with it. */
  readonly ended: (answer: RawAnswer | undefined) => void;
}

export class ShadowLeg {
  answer: RawAnswer | undefined;
  cut = false;
  bytes = 0;
  readonly #parts: ShadowLegParts;
  #sent: SentCopy | undefined;
  #load: LoadEntry | undefined;
  #isStreaming = false;

  constructor(parts: ShadowLegParts) {
    this.#parts = parts;
  }

  get phase(): "waiting" | "streaming" | "done" {
    if (this.answer !== undefined) return "done";
    return this.#isStreaming ? "streaming" : "waiting";
  }

  send(): void {
    const { offer, sender, target, settings, requestId } = this.#parts;
    const workers = wholeWorkers(target.workers());
    if (workers.length === 0) return this.#refused();
    const { accepted, route, identity, context } = offer;
    // A copy is no part of the client's trace.
    const { traceparent: _parent, tracestate: _state, ...client } = offer.headers;
    const { worker, prediction } = decide(context, { route, accepted, identity, workers });
    const { promptTokens, hashes } = identity;
    this.#load = worker.ledger.begin({ promptTokens, cachedTokens: prediction.cachedTokens });
    if (hashes !== undefined) predictBlocks(context.options, { worker: worker.id, hashes });
    const { id, origin, tls, basePath } = worker;
    const order = {
      worker: { id, origin, tls },
      path: basePath + route.path,
      headers: upstreamHeaders({ client, worker, requestId, controls: accepted.controlHeaders }),
      // A copy of its own, to be moved to the thread.
      body: new Uint8Array(bodyFor({ ...target, arm: offer.arm }, accepted)),
      connectTimeoutMs: accepted.model.limits.connectTimeoutMs,
      limitMs: settings.requestLimitMs,
      maxAnswerBytes: settings.maxAnswerBytes,
    };
    this.#sent = sender.send(order, { onFirst: () => this.#began(), onEnded: (ended) => this.#ended(ended) });
  }

  /** Nobody waits for it any more. */
  abort(): void {
    this.#sent?.abort();
    this.#load?.end();
  }

  timeOut(): void {
    this.#sent?.timeOut();
  }

  /** Nobody waits for its tokens: no prefill harms them. */
  #began(): void {
    this.#isStreaming = true;
    this.#load?.firstToken(undefined);
  }

  #ended(ended: EndedLeg | undefined): void {
    this.#load?.end();
    this.answer = ended?.answer;
    this.cut = ended?.cut ?? false;
    this.bytes = ended?.bytes ?? 0;
    this.#parts.ended(this.answer);
  }

  #refused(): void {
    const now = this.#parts.offer.context.options.clock.now();
    this.answer = new AnswerTape(now, 0).end("refused", now);
    this.#parts.ended(this.answer);
  }
}
