// Where finished spans go: a bounded queue that is emptied in the background, and never waits for the collector.
import type { FinishedSpan } from "./finished-span.ts";

export interface SpanSink {
  /** All spans of one trace; without room all of them are dropped and counted. */
  add(spans: readonly FinishedSpan[]): void;
  /** Sends what is queued, within a limit. */
  close(): Promise<void>;
}
