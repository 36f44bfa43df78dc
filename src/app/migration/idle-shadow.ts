// The shadow phase as seen where it is not run.
import type { MigrationConfig } from "../../config/index.ts";
import type { Shadow } from "./shadow.ts";

const nothing = (): undefined => undefined;

export function idleShadow({ shadow }: MigrationConfig): Shadow {
  const { fraction } = shadow;
  const spent = { bytes: 0, tokens: 0, cost: 0, day: "" };
  const counts = { inflight: 0, sent: 0, pairs: 0, repeats: 0, dropped: {}, clientGone: {}, spent };
  return {
    start: nothing,
    stop: nothing,
    tick: nothing,
    notePrimary: nothing,
    verdict: nothing,
    texts: nothing,
    status: () => ({ running: false, fraction, ...counts }),
    close: () => Promise.resolve(),
  };
}
