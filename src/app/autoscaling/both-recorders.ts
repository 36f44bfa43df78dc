// Two readers of the same traffic as one.
import type { TrafficRecorder } from "../../gateway/index.ts";

export function bothRecorders(first: TrafficRecorder, second: TrafficRecorder | undefined): TrafficRecorder {
  if (second === undefined) return first;
  return {
    identified(record, identity) {
      first.identified(record, identity);
      second.identified(record, identity);
    },
    ended(record, outcome) {
      first.ended(record, outcome);
      second.ended(record, outcome);
    },
  };
}
