// vllm:lora_requests_info: which adapters run and which wait, as labels; the value is the time at which that was so.
import type { EngineStep, RequestArrival } from "./engine-ops.ts";

export interface LoraGauge {
  arrived(arrival: RequestArrival): void;
  gone(id: string): void;
  step(step: EngineStep): void;
}

export interface LoraState {
  /** Names with commas between them. */
  readonly running: string;
  readonly waiting: string;
}

interface Followed {
  readonly lora: string;
  running: boolean;
}

/** `record` hears of the state after each step. */
export function loraGauge(record: (state: LoraState) => void): LoraGauge {
  const followed = new Map<string, Followed>();

  function names(running: boolean): string {
    return [...new Set([...followed.values()].filter((one) => one.running === running).map(({ lora }) => lora))].join();
  }

  function turn(ids: readonly string[] | undefined, running: boolean): void {
    for (const id of ids ?? []) {
      const one = followed.get(id);
      if (one) one.running = running;
    }
  }

  return {
    arrived({ id, lora }) {
      if (lora !== undefined) followed.set(id, { lora, running: false });
    },
    gone: (id) => void followed.delete(id),
    step({ plan, outputs }) {
      turn(plan.preempted, false);
      turn(plan.admitted, true);
      // What ended with this step was running in it.
      record({ running: names(true), waiting: names(false) });
      for (const { id, finish } of outputs) if (finish !== undefined) followed.delete(id);
    },
  };
}
