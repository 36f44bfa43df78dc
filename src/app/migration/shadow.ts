// The shadow phase of a plan: mirror on and off, pairs compared and kept, the verdict at its declared time.
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { MigrationConfig } from "../../config/index.ts";
import { type Clock, toError } from "../../core/index.ts";
import { type RawPair, type RunningMirror, startMirror } from "../../gateway/index.ts";
import type { PairTexts, ShadowStatus, Split, Verdict, VerdictOptions } from "../../migration/index.ts";
import { lookLevel } from "../../stats/index.ts";
import type { Log } from "../../telemetry/index.ts";
import { crossScorer } from "./cross-scorer.ts";
import { type Compared, pairComparer } from "./pair-comparer.ts";
import { readPairs } from "./pair-records.ts";
import type { PlanArms } from "./plan-arms.ts";
import type { PlanFolder } from "./plan-folder.ts";
import { mirrorSettings } from "./plan-settings.ts";
import { type TextStore, textStore } from "./text-store.ts";
import { addCounts, type MirrorCounts, readShadowMemory, writeShadowMemory } from "./shadow-memory.ts";

export interface ShadowParts {
  readonly config: MigrationConfig;
  readonly folder: PlanFolder;
  readonly arms: PlanArms;
  readonly split: Split;
  /** As the plan has them now: a measured baseline replaces the default. */
  readonly slowTtftMs: () => Readonly<Record<string, number>>;
  readonly sloMs: number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly onVerdict: (verdict: Verdict) => void;
}

export interface Shadow {
  start(): void;
  stop(): void;
  /** Judges when its time has come. */
  tick(): void;
  /** A leg of the primary: what the candidate's load is compared with. */
  notePrimary(): void;
  status(): ShadowStatus;
  verdict(): Verdict | undefined;
  /** Undefined when the plan keeps none. */
  texts(): readonly PairTexts[] | undefined;
  close(): Promise<void>;
}

const ALPHA = 0.05;
const HOUR_MS = 3_600_000;
/** Told in a report. */
const TEXTS_TOLD = 20;
const LAG_RESOLUTION_MS = 10;
/** At most so much is forgotten by a crash. */
const NOTE_MS = 10_000;
/** The mirror goes on from what was spent before it. */
const NOT_SPENT = { bytes: 0, tokens: 0, cost: 0, day: "" };

export function shadowOf(parts: ShadowParts): Shadow {
  const { config, folder, arms, clock, log } = parts;
  const settings = config.shadow;
  const comparer = pairComparer({ file: folder.pairs, clock, log });
  const { crossScorePerMinute: perMinute } = settings;
  const scorer = crossScorer({ workers: () => arms.legacy.workers(), perMinute, clock });
  const before = readShadowMemory(folder.shadow);
  const earlier = readPairs(folder.pairs);
  const kept = { pair: 0, repeat: 0 };
  for (const { kind } of earlier) kept[kind]++;
  const texts = textStore({ folder: folder.texts, ttlMs: (settings.texts?.ttlHours ?? 0) * HOUR_MS, clock });
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  let startedAt = before.startedAt ?? earlier[0]?.at;
  let { lost, primaries, looks } = before;
  let judging = false;
  let verdict: Verdict | undefined;
  let mirror: RunningMirror | undefined;
  /** Before this process, and after its mirror stopped. */
  let counted: MirrorCounts = { ...before.counts, inflight: 0, brake: undefined };
  let nextNoteAt = 0;

  function start(): void {
    if (mirror !== undefined) return;
    startedAt ??= clock.epoch();
    lag.enable();
    comparer.warm();
    mirror = startMirror({
      legacy: arms.legacy,
      candidate: arms.candidate,
      settings: mirrorSettings(config, parts.sloMs),
      fraction: (stratum) => settings.strata[stratum] ?? settings.fraction,
      sampled: (key, fraction) => parts.split.sampled(key, fraction),
      repeated: (key) => parts.split.repeated(key, settings.repeatFraction),
      loopLagMs,
      clock,
      log,
      spent: counted.spent,
      onPair: (pair) => void take(pair),
    });
    arms.mirror = mirror;
  }

  /** Above the timer's own resolution, which an idle loop shows too. */
  function loopLagMs(): number {
    const lagMs = lag.percentile(99) / 1e6 - LAG_RESOLUTION_MS;
    return Number.isFinite(lagMs) ? Math.max(0, lagMs) : 0;
  }

  async function take(pair: RawPair): Promise<void> {
    const how = { salt: folder.salt, mask: settings.texts?.mask };
    const compared = await comparer.compare(pair, how).catch(() => undefined);
    if (compared === undefined || !(await scored(pair, compared))) return void lost++;
    kept[compared.kind]++;
    try {
      if (compared.texts !== undefined) texts.keep(compared.texts);
    } catch (error) {
      log.warn({ error: toError(error).message }, "the texts of a pair could not be kept");
    }
  }

  /** With the legacy's opinion of an answer that parts from its own, if it may be asked now. */
  async function scored({ request }: RawPair, { scoring }: Compared): Promise<boolean> {
    if (scoring === undefined) return true;
    const reply = request && (await scorer.score(scoring, request.path));
    return comparer.score(reply, scoring).catch(() => false);
  }

  function stop(): void {
    const ending = mirror;
    if (ending === undefined) return;
    counted = counts();
    mirror = undefined;
    arms.mirror = undefined;
    lag.disable();
    void ending.close();
    remember();
  }

  function counts(): MirrorCounts {
    return mirror === undefined ? counted : addCounts({ ...counted, spent: NOT_SPENT }, mirror.counts());
  }

  function remember(): void {
    const { inflight: _, brake: __, ...rest } = counts();
    try {
      writeShadowMemory(folder.shadow, {
        ...(startedAt !== undefined && { startedAt }),
        looks,
        primaries,
        lost,
        counts: rest,
      });
    } catch (error) {
      log.warn({ error: toError(error).message }, "the counts of the shadow phase could not be kept for a restart");
    }
  }

  /** Later looks each take the same time again, at a level that alpha spending gives them. */
  function dueAt(): number | undefined {
    if (startedAt === undefined) return undefined;
    return startedAt + ((looks + 1) * settings.verdictAfterSeconds * 1000) / config.schedule.timeScale;
  }

  function tick(): void {
    lag.reset();
    purge(texts, log);
    noteNow();
    const due = dueAt();
    if (mirror === undefined || judging || due === undefined || clock.epoch() < due) return;
    judging = true;
    // Before the answer is known: a crash must not give the level of this look away twice.
    looks += 1;
    remember();
    void comparer
      .judge(options(looks), `${config.name}-${looks}`)
      .then((found) => {
        if (found === undefined) return log.error({ plan: config.name }, "the verdict could not be judged");
        verdict = found;
        parts.onVerdict(found);
      })
      .finally(() => (judging = false));
  }

  function noteNow(): void {
    if (mirror === undefined || clock.now() < nextNoteAt) return;
    nextNoteAt = clock.now() + NOTE_MS;
    remember();
  }

  function options(look: number): Omit<VerdictOptions, "random"> {
    const now = counts();
    const perGpu = (requests: number, gpus: number) => requests / gpus;
    const primary = perGpu(primaries, config.legacy.gpus);
    const load = primary === 0 ? undefined : perGpu(now.sent, config.candidate.gpus) / primary;
    return {
      facts: {
        eligibleSessions: now.eligibleSessions,
        sampledSessions: now.sampledSessions,
        fraction: now.fraction,
        sent: now.sent,
        dropped: { ...now.dropped, ...(lost > 0 && { comparer: lost }) },
        clientGone: Object.values(now.clientGone).reduce((a, b) => a + b, 0),
        ...(load !== undefined && { loadRatio: load }),
      },
      slowTtftMs: parts.slowTtftMs(),
      limits: { minPairs: settings.minPairs },
      waived: settings.waive,
      alpha: lookLevel(ALPHA, look),
    };
  }

  return {
    start,
    stop,
    tick,
    notePrimary: () => void (mirror !== undefined && primaries++),
    verdict: () => verdict,
    texts: () => (settings.texts === undefined ? undefined : texts.last(TEXTS_TOLD)),
    status() {
      const { inflight, sent, dropped, excluded, clientGone, spent, brake } = counts();
      const verdictAt = mirror === undefined ? undefined : dueAt();
      return {
        running: mirror !== undefined,
        fraction: settings.fraction,
        inflight,
        sent,
        pairs: kept.pair,
        repeats: kept.repeat,
        dropped: { ...dropped, ...(lost > 0 && { comparer: lost }) },
        excluded,
        clientGone,
        spent,
        ...(brake !== undefined && { brake }),
        ...(verdictAt !== undefined && { verdictAt }),
        ...(verdict !== undefined && { verdict }),
      };
    },
    async close() {
      stop();
      await scorer.close();
      await comparer.close();
    },
  };
}

function purge(texts: TextStore, log: Log): void {
  try {
    texts.purge();
  } catch (error) {
    log.error({ error: toError(error).message }, "texts of pairs could not be deleted in time");
  }
}
