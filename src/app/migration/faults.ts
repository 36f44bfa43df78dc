// What does not work of a driver itself: told once in the log, shown in the status until it works again.
import type { Clock } from "../../core/index.ts";
import type { Log } from "../../telemetry/index.ts";

export interface Faults {
  raise(name: FaultName, text: string): void;
  clear(name: FaultName): void;
  list(): readonly string[];
  /** Epoch ms since when it does not work. */
  since(name: FaultName): number | undefined;
}

export type FaultName = "log" | "audit" | "evidence" | "etcd" | "file";

export function planFaults(plan: string, { clock, log }: { readonly clock: Clock; readonly log: Log }): Faults {
  const raised = new Map<FaultName, { readonly text: string; readonly since: number }>();
  return {
    raise(name, text) {
      const before = raised.get(name);
      if (before === undefined) log.error({ plan, error: text }, "migration");
      raised.set(name, { text, since: before?.since ?? clock.epoch() });
    },
    clear: (name) => void raised.delete(name),
    list: () => [...raised.values()].map(({ text }) => text),
    since: (name) => raised.get(name)?.since,
  };
}
