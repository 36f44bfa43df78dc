// Copies sampled requests to the other arm, after their dispatch and out of their way.
import type { Clock } from "../../core/index.ts";
import type { Log } from "../../telemetry/index.ts";
import type { ArmTarget, SplitKey } from "../arms/arms.ts";
import { unfailing } from "../unfailing.ts";
import { brake as makeBrake } from "./brake.ts";
import { excluded, stratumOf } from "./eligible.ts";
import { failingGuard } from "./failing.ts";
import type { Copy, Mirror, MirrorOffer } from "./mirror.ts";
import { Pair, type PairEnd, type Shadow } from "./pair.ts";
import type { RawAnswer, RawPair } from "./raw-pair.ts";
import { seenSessions } from "./seen-sessions.ts";
import type { MirrorSettings } from "./settings.ts";
import { ShadowLeg } from "./shadow-leg.ts";
import { legSender } from "./thread/leg-sender.ts";
import { spend as makeSpend, type Spent } from "./spend.ts";

export interface MirrorOptions {
  readonly legacy: ArmTarget;
  readonly candidate: ArmTarget;
  readonly settings: MirrorSettings;
  /** Share of the sessions of a stratum that are sampled. */
  readonly fraction: (stratum: string) => number;
  readonly sampled: (key: SplitKey, fraction: number) => boolean;
  /** Also sent to the legacy arm a second time. */
  readonly repeated: (key: SplitKey) => boolean;
  readonly loopLagMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
  /** Already spent of the daily caps, before a restart. */
  readonly spent?: Spent | undefined;
  /** Must not wait; pairs beyond what it can take are its own to drop. */
  readonly onPair: (pair: RawPair) => void;
}

export interface RunningMirror extends Mirror {
  counts(): MirrorCounts;
  /** Running copies are aborted. */
  close(): Promise<void>;
}

export interface MirrorCounts {
  readonly inflight: number;
  readonly sent: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** Not to be compared at all, by reason. */
  readonly excluded: Readonly<Record<string, number>>;
  readonly clientGone: Readonly<Record<string, number>>;
  readonly eligibleSessions: number;
  readonly sampledSessions: number;
  /** Mean of what was set for the eligible sessions. */
  readonly fraction: number;
  readonly spent: Spent;
  readonly brake: string | undefined;
}

export function startMirror(options: MirrorOptions): RunningMirror {
  const { settings, clock, log } = options;
  const sender = legSender();
  const spend = makeSpend(settings, options.spent);
  const brake = makeBrake(settings.brake, options.loopLagMs);
  const failing = failingGuard();
  const sessions = seenSessions();
  const tallies = {
    dropped: new Map<string, number>(),
    excluded: new Map<string, number>(),
    gone: new Map<string, number>(),
  };
  const startedAt = clock.now();
  const running = new Set<Pair>();
  let sent = 0;
  let closed = false;

  /** Why this one is not copied; in the order of how cheap it is to know. */
  function drop(offer: MirrorOffer): string | undefined {
    const bytes = offer.accepted.body.length;
    if (running.size >= settings.maxInflight) return "inflight";
    if (bytes > settings.maxBodyBytes) return "size";
    const over = spend.over({ bytes, tokens: offer.identity.promptTokens }, clock.epoch());
    if (over !== undefined) return over;
    if (brake.reason(clock.now()) !== undefined) return "brake";
    return failing.holds(clock.now()) ? "candidate-failing" : undefined;
  }

  function sample(offer: MirrorOffer): Copy | undefined {
    if (closed || offer.arm !== "legacy") return undefined;
    const why = excluded(offer) ?? (clock.now() - startedAt < settings.coldStartMs ? "cold-start" : undefined);
    if (why !== undefined) return count(tallies.excluded, why);
    const key = { sessionKey: offer.accepted.session(), requestId: offer.record.id };
    const session = key.sessionKey ?? key.requestId;
    const stratum = stratumOf(offer);
    const fraction = options.fraction(stratum);
    const chosen = options.sampled(key, fraction);
    sessions.note(session, fraction, chosen);
    if (!chosen) return undefined;
    const reason = drop(offer);
    if (reason !== undefined) return count(tallies.dropped, reason);
    return begin(offer, { session, stratum, repeats: options.repeated(key) });
  }

  function begin(offer: MirrorOffer, about: { session: string; stratum: string; repeats: boolean }): Copy {
    const { session, stratum } = about;
    const pair: Pair = new Pair({
      offer,
      session,
      stratum,
      primaryModel: options.legacy.model,
      settings,
      clock,
      onPrimaryByte: (ms) => brake.note(ms),
      onDone: (pairs, why, shadows) => done(pair, { pairs, why, shadows }),
    });
    running.add(pair);
    sent += 1;
    const times = about.repeats ? 2 : 1;
    const [bytes, tokens] = [offer.accepted.body.length * times, offer.identity.promptTokens * times];
    spend.add({ bytes, tokens }, clock.epoch());
    // The primary's bytes are on their way before anything is made of its copy.
    setImmediate(() => unfailing(log, "mirror", () => pair.send(shadowsOf(offer, pair, about.repeats))));
    return pair;
  }

  function shadowsOf(offer: MirrorOffer, pair: Pair, repeats: boolean): Shadow[] {
    const make = (kind: Shadow["kind"], target: ArmTarget): Shadow => {
      const requestId = `${offer.record.id}-${kind === "pair" ? "s" : "a"}`;
      const ended = (answer: RawAnswer | undefined) =>
        unfailing(log, "mirror", () => (answer === undefined ? pair.lost() : pair.shadowEnded()));
      return { kind, model: target.model, leg: new ShadowLeg({ offer, sender, target, settings, requestId, ended }) };
    };
    const first = make("pair", options.candidate);
    return repeats ? [first, make("repeat", options.legacy)] : [first];
  }

  function done(pair: Pair, end: { pairs: readonly RawPair[]; why: PairEnd; shadows: readonly Shadow[] }): void {
    running.delete(pair);
    if (end.why.kind === "client-gone") count(tallies.gone, end.why.where);
    if (end.why.kind === "retried") count(tallies.dropped, "primary-retried");
    if (end.why.kind === "lost") count(tallies.dropped, "thread");
    for (const { kind, leg } of end.shadows) {
      if (kind === "pair" && leg.answer !== undefined) failing.note(leg.cut ? "flood" : leg.answer.class);
    }
    const bytes = end.shadows.reduce((sum, { leg }) => sum + leg.bytes, 0);
    spend.add({ bytes, tokens: Math.ceil(bytes / BYTES_PER_TOKEN) }, clock.epoch());
    for (const one of end.pairs) options.onPair(one);
  }

  sender.warm();
  return {
    offer: (offer) => unfailing(log, "mirror", () => sample(offer)),
    counts: () => ({
      inflight: running.size,
      sent,
      dropped: Object.fromEntries(tallies.dropped),
      excluded: Object.fromEntries(tallies.excluded),
      clientGone: Object.fromEntries(tallies.gone),
      ...sessions.counts(),
      spent: spend.spent(clock.epoch()),
      brake: brake.reason(clock.now()),
    }),
    async close() {
      closed = true;
      for (const pair of running) pair.drop();
      await sender.close();
    },
  };
}

/** An answer counts its JSON too, so this is rather more than its tokens: a cap holds early, never late. */
const BYTES_PER_TOKEN = 4;

/** Answers nothing: what is counted is not copied. */
function count(tally: Map<string, number>, name: string): undefined {
  tally.set(name, (tally.get(name) ?? 0) + 1);
  return undefined;
}
