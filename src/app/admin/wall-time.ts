// A time of the clock that never jumps, as one that people can compare with the clock on their wall.
import type { Clock } from "../../core/index.ts";

/** ISO 8601 */
export function wallTime(at: number, clock: Clock): string {
  return new Date(clock.epoch() - (clock.now() - at)).toISOString();
}
