// The last batches of an event publisher, by sequence number.

export interface ReplayBuffer {
  keep(sequence: number, payload: Uint8Array): void;
  /** In order, from `start` on; a lost number is left out. */
  from(start: number): Generator<{ readonly sequence: number; readonly payload: Uint8Array }>;
}

export function replayBuffer(limit: number): ReplayBuffer {
  const slots: ({ readonly sequence: number; readonly payload: Uint8Array } | undefined)[] = [];
  let newest = -1;
  return {
    keep(sequence, payload) {
      slots[sequence % limit] = { sequence, payload };
      newest = sequence;
    },
    *from(start) {
      for (let sequence = Math.max(start, newest - limit + 1, 0); sequence <= newest; sequence++) {
        const slot = slots[sequence % limit];
        if (slot?.sequence === sequence) yield slot;
      }
    },
  };
}
