// vllm:lora_requests_info: which adapters have requests, as labels; the value is the time at which that was so.
import type { EngineStep, RequestArrival } from "./engine-ops.ts";

export interface LoraGauge {
  arrived(arrival: RequestArrival): void;
  gone(id: string): void;
  step(step: EngineStep): void;
}

/** `record` hears after each step whose requests are there: names with commas between them, those that run and those that wait. */
export function loraGauge(record: (names: string) => void): LoraGauge {
  const followed = new Map<string, string>();
  return {
    arrived({ id, lora }) {
      if (lora !== undefined) followed.set(id, lora);
    },
    gone: (id) => void followed.delete(id),
    step({ outputs }) {
      for (const { id, finish } of outputs) if (finish !== undefined) followed.delete(id);
      record([...new Set(followed.values())].join());
    },
  };
}
