// Where an event stream stands, and what the next batch means for it: one engine counts its batches from 0.

/** next: in order · duplicate: known from a replay · gap: some are missing before it · restart: another engine counts from 0 again. */
export type EventStep = "next" | "duplicate" | "gap" | "restart";

export interface EventPosition {
  /** Last batch that was applied. */
  readonly sequence: number;
  /** Its time by the worker's clock. */
  readonly timestamp: number;
  /** Last batch that came by the live socket, which repeats nothing. */
  readonly live: number;
}

/** `position` is undefined before the first batch. */
export function eventStep(position: EventPosition | undefined, sequence: number, timestamp: number): EventStep {
  if (position === undefined) return sequence === 0 ? "next" : "gap";
  if (sequence === position.sequence + 1) return "next";
  if (sequence > position.sequence) return "gap";
  // Not later than what a replay gave, and not older than the live socket's last: the one that the replay overtook.
  return sequence > position.live && timestamp <= position.timestamp ? "duplicate" : "restart";
}
