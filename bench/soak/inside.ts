// What the gateway's process says about itself to the soak: the questions of gateway-inside.ts and their answers.

/** Of the whole V8 heap and process, after a forced full collection when it was asked for. */
export interface Memory {
  readonly heapUsed: number;
  /** Of buffers, outside the heap. */
  readonly external: number;
  readonly rss: number;
}

/** Milliseconds by which a timer of 1 ms came late since the last question. */
export interface LoopDelay {
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export type Counts = Readonly<Record<string, number>>;

export interface Answers {
  readonly collect: Memory;
  readonly memory: Memory;
  readonly delay: LoopDelay;
  /** What keeps the event loop, by kind. */
  readonly resources: Counts;
  /** Live objects of the classes that a request is made of. Takes seconds, in which the gateway stands still. */
  readonly objects: Counts;
}

export type Question = keyof Answers;

/** Path of the socket on which the questions come. */
export const SOCKET_VARIABLE = "SWITCHGEAR_SOAK_SOCKET";
