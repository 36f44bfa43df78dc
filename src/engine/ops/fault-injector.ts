// Holds the faults in force, decides for each request, and sets off those of the whole process.
import { seededRandom, type Clock, type Random } from "../../core/index.ts";
import { decideFault, type RequestFault } from "./decide-fault.ts";
import { NO_FAULTS, type FaultSpec } from "./fault-spec.ts";
import type { Lifecycle } from "./lifecycle.ts";

export interface FaultInjector {
  readonly spec: FaultSpec;
  /** How often each fault has struck since the start. */
  readonly struck: Readonly<Record<string, number>>;
  /** Replaces all faults; ends a hang and a refusal that an earlier one began. */
  set(spec: FaultSpec): void;
  /** Faults of the next inference request. */
  next(path: string): RequestFault;
  /** True when the next batch of KV events is to be lost. */
  losesBatch(): boolean;
  count(fault: string): void;
  close(): void;
}

const NO_FAULT: RequestFault = { delayMs: 0, answer: undefined, cut: undefined };

export function faultInjector(clock: Clock, lifecycle: Lifecycle): FaultInjector {
  const struck: Record<string, number> = {};
  let spec = NO_FAULTS;
  let requestRandom: Random = seededRandom(spec.seed);
  let batchRandom: Random = requestRandom;
  let requests = 0;
  let timers: { cancel(): void }[] = [];
  let armed: { readonly atRequest: number; strike(): void }[] = [];

  return {
    get spec() {
      return spec;
    },
    struck,
    set,
    next(path) {
      requests++;
      const due = armed.filter((fault) => fault.atRequest === requests);
      for (const fault of due) fault.strike();
      if (spec.paths && !spec.paths.includes(path)) return NO_FAULT;
      const fault = decideFault(spec, requestRandom);
      if (fault.delayMs > 0) count("latency");
      if (fault.answer) count(`error:${fault.answer}`);
      if (fault.cut) count(fault.cut.how === "in_band" ? "error:in_band" : fault.cut.how);
      return fault;
    },
    losesBatch() {
      const rate = spec.kvEvents?.dropRate ?? 0;
      const lost = batchRandom.next() < rate;
      if (lost) count("kvEvents:dropped");
      return lost;
    },
    count,
    close: disarm,
  };

  function set(next: FaultSpec): void {
    disarm();
    lifecycle.release();
    spec = next;
    requestRandom = seededRandom(`requests/${next.seed}`);
    batchRandom = seededRandom(`batches/${next.seed}`);
    requests = 0;
    const { crash, engineDeath, hang, refuse, slowStart } = next;
    if (crash) arm("crash", crash, () => lifecycle.crash());
    if (engineDeath) arm("engineDeath", engineDeath, () => lifecycle.engineDeath());
    if (hang) arm("hang", hang, () => lifecycle.hang(hang.forMs));
    if (refuse) arm("refuse", refuse, () => lifecycle.refuse(refuse.forMs));
    if (slowStart) arm("slowStart", {}, () => lifecycle.slowStart(slowStart.forMs, slowStart.how));
  }

  function arm(
    name: string,
    at: { afterMs?: number | undefined; afterRequests?: number | undefined },
    act: () => void,
  ): void {
    const strike = () => {
      count(name);
      act();
    };
    if (at.afterRequests !== undefined) armed.push({ atRequest: at.afterRequests, strike });
    else if (at.afterMs === undefined || at.afterMs === 0) strike();
    else timers.push(clock.after(at.afterMs, strike));
  }

  function disarm(): void {
    for (const timer of timers) timer.cancel();
    timers = [];
    armed = [];
  }

  function count(fault: string): void {
    struck[fault] = (struck[fault] ?? 0) + 1;
  }
}
