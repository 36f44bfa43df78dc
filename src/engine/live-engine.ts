// Runs an engine core on a clock: schedule, wait for the step's time, complete, deliver tokens.
import { type Clock, SwitchgearError, type Timer } from "../core/index.ts";
import type { KvEvent } from "../vllm/index.ts";
import { deliveryQueue } from "./delivery-queue.ts";
import type { EngineCore, EngineStats, StepPlan } from "./engine-core.ts";
import type { EngineRequest, TokenOutput } from "./sequence.ts";

export interface LiveEngineOptions {
  readonly core: EngineCore;
  readonly clock: Clock;
  /** Simulated seconds per second of the clock. */
  readonly speed: number;
  /** Milliseconds that a request's tokens reach the client after their step, by prompt tokens (StepCost.overheadMs). Default none. */
  readonly overheadMs?: ((promptTokens: number) => number) | undefined;
  readonly onStep?: StepListener | undefined;
}

export interface StepReport {
  readonly plan: StepPlan;
  readonly outputs: readonly TokenOutput[];
  readonly events: readonly KvEvent[];
  /** On the clock. */
  readonly endedAt: number;
}

export type StepListener = (step: StepReport) => void;
export type TokenListener = (output: TokenOutput) => void;

export interface LiveEngine {
  /** Throws what the core refuses. Tokens come later, never during the call. */
  submit(request: EngineRequest, onToken: TokenListener): void;
  /** No token of the request is delivered any more; false when it is unknown or has ended. */
  abort(id: string): boolean;
  stats(): EngineStats;
  /** Something of the core changed outside a step: a lease or a transfer. */
  wake(): void;
  /** Returns the call that takes the listener away. */
  onStep(listener: StepListener): () => void;
  /** The engine hangs: requests are taken, nothing moves. */
  pause(): void;
  resume(): void;
  /** Nothing happens any more. */
  stop(): void;
}

interface Client {
  readonly onToken: TokenListener;
  /** Delay of its tokens on the clock. */
  readonly delay: number;
}

/** A timer that is late by less does not delay the engine: the next step starts where the last one should have ended. */
const CATCH_UP_MS = 10;
/** A tick that works for longer yields to sockets. */
const TICK_MS = 5;
/** Timers add a delay to the present time: the sum may miss the deadline by a rounding error. */
const ROUNDING_MS = 1e-6;

export function startLiveEngine(options: LiveEngineOptions): LiveEngine {
  const { core, clock, speed } = options;
  if (!(speed > 0 && speed < Infinity)) {
    throw new SwitchgearError("SWG_ENGINE_LIMITS", "The engine's speed is not possible.", {
      where: "speed",
      value: speed,
      expected: "a number above 0",
    });
  }
  const clients = new Map<string, Client>();
  const deliveries = deliveryQueue<{ client: Client; output: TokenOutput }>();
  const listeners = new Set<StepListener>(options.onStep ? [options.onStep] : []);
  let open: StepPlan | undefined;
  /** End of the open step, or the time from which the next one may start. */
  let deadline = 0;
  let halted = false;
  let stopped = false;
  let timer: Timer | undefined;
  let timerAt = Infinity;

  function arm(at: number, now: number): void {
    if (timer && timerAt <= at) return;
    timer?.cancel();
    timerAt = at;
    timer = clock.after(Math.max(0, at - now), tick);
  }

  function tick(): void {
    timer = undefined;
    if (halted) return;
    const began = clock.now();
    let now = began;
    const due = core.wakeAt();
    if (!open && due <= now && due > deadline) deadline = due;
    do {
      deliver(now);
      if (open && deadline > now + ROUNDING_MS) break;
      finishStep();
      if (halted || !startStep(now)) break;
      now = clock.now();
    } while (now - began < TICK_MS);
    rest(clock.now());
  }

  /** Sleeps until the step ends, a token is due or a transfer is over; for ever when idle. */
  function rest(now: number): void {
    if (halted) return;
    const at = Math.min(open ? deadline : core.wakeAt(), deliveries.nextDue() ?? Infinity);
    if (at < Infinity) arm(at, now);
  }

  function startStep(now: number): boolean {
    const start = now - deadline > CATCH_UP_MS ? now : deadline;
    open = core.schedule(start);
    if (open) deadline = start + open.durationMs / speed;
    for (const id of core.takeFailed()) fail(id);
    return open !== undefined && !halted;
  }

  /** Its prompt did not come. */
  function fail(id: string): void {
    const client = clients.get(id);
    clients.delete(id);
    client?.onToken({ id, token: 0, finish: "error", cachedTokens: 0 });
  }

  function finishStep(): void {
    if (!open) return;
    const plan = open;
    open = undefined;
    const outputs = core.complete(deadline);
    for (const output of outputs) {
      const client = clients.get(output.id);
      if (client) deliveries.push(deadline + client.delay, { client, output });
    }
    const report: StepReport = { plan, outputs, events: core.takeEvents(), endedAt: deadline };
    for (const listener of listeners) listener(report);
    deliver(deadline);
  }

  function deliver(now: number): void {
    for (let due = deliveries.takeDue(now + ROUNDING_MS); due; due = deliveries.takeDue(now + ROUNDING_MS)) {
      const { client, output } = due;
      // Aborted meanwhile, or its id was given to another request.
      if (clients.get(output.id) !== client) continue;
      if (output.finish !== undefined) clients.delete(output.id);
      client.onToken(output);
      if (halted) return;
    }
  }

  function wake(): void {
    const now = clock.now();
    if (halted) return;
    if (!open && now > deadline) deadline = now;
    arm(open ? deadline : now, now);
  }

  return {
    submit(request, onToken) {
      const now = clock.now();
      core.add(request, now);
      const delay = (options.overheadMs?.(request.promptIds.length) ?? 0) / speed;
      clients.set(request.id, { onToken, delay });
      wake();
    },
    abort(id) {
      const pending = clients.delete(id);
      return core.abort(id) || pending;
    },
    stats: () => core.stats(),
    wake,
    onStep(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    pause() {
      halted = true;
      timer?.cancel();
      timer = undefined;
    },
    resume() {
      if (stopped || !halted) return;
      halted = false;
      arm(clock.now(), clock.now());
    },
    stop() {
      stopped = true;
      halted = true;
      timer?.cancel();
      timer = undefined;
      deliveries.clear();
      clients.clear();
    },
  };
}
