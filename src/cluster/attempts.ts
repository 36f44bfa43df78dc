// Calls of etcd that may fail: counted, and the last word of each kind kept until it works again.
import { toError } from "../core/index.ts";

export interface Attempts {
  /** Never throws. */
  run(what: string, call: () => Promise<unknown>): Promise<void>;
  failed(what: string, error: unknown): void;
  readonly failures: number;
  faultOf(what: string): string | undefined;
  /** Any of what was run. */
  readonly fault: string | undefined;
}

export function attempts(): Attempts {
  const faults = new Map<string, string>();
  const ran = new Set<string>();
  let failures = 0;

  function failed(what: string, error: unknown): void {
    failures++;
    faults.set(what, toError(error).message);
  }

  return {
    async run(what, call) {
      ran.add(what);
      await call().then(
        () => void faults.delete(what),
        (error: unknown) => failed(what, error),
      );
    },
    failed,
    get failures() {
      return failures;
    },
    faultOf: (what) => faults.get(what),
    get fault() {
      return [...faults].find(([what]) => ran.has(what))?.[1];
    },
  };
}
