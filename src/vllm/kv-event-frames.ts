// The ZMQ frames around KV-event payloads: publication, and request and replies of the replay socket.

export interface KvEventMessage {
  readonly topic: string;
  /** Starts at 0 in each process of an engine. */
  readonly sequence: bigint;
  readonly payload: Buffer;
}

/** Sequence number of the reply that ends a replay: −1 as eight bytes. */
export const REPLAY_END = 0xffff_ffff_ffff_ffffn;

const EMPTY = Buffer.alloc(0);

/** PUB: `[topic, sequence, payload]`. */
export function kvEventFrames(topic: string, sequence: bigint, payload: Uint8Array): [Buffer, Buffer, Buffer] {
  return [Buffer.from(topic), sequenceFrame(sequence), asBuffer(payload)];
}

/**
 * A publication, or a replay reply, which has an empty frame before; vLLM before 2026-07 replays without the topic frame, so
 * that the empty one takes its place. Undefined when the frames are neither.
 */
export function parseKvEventFrames(frames: readonly Uint8Array[]): KvEventMessage | undefined {
  const body = frames.length === 4 && frames[0]?.length === 0 ? frames.slice(1) : frames;
  const [topic, sequence, payload] = body;
  if (body.length !== 3 || topic === undefined || payload === undefined || sequence?.length !== 8) return undefined;
  return {
    topic: asBuffer(topic).toString(),
    sequence: asBuffer(sequence).readBigUInt64BE(),
    payload: asBuffer(payload),
  };
}

/** DEALER → ROUTER: batches from `start` on, please. */
export function replayRequest(start: bigint): [Buffer, Buffer] {
  return [EMPTY, sequenceFrame(start)];
}

/** What the ROUTER reads after the identity frame; undefined when it is no request. */
export function parseReplayRequest(frames: readonly Uint8Array[]): bigint | undefined {
  const [delimiter, start] = frames;
  return frames.length === 2 && delimiter?.length === 0 && start?.length === 8
    ? asBuffer(start).readBigUInt64BE()
    : undefined;
}

/** One reply, without the identity frame: `["", topic, sequence, payload]`. */
export function replayReply(message: KvEventMessage): [Buffer, Buffer, Buffer, Buffer] {
  return [EMPTY, ...kvEventFrames(message.topic, message.sequence, message.payload)];
}

export function replayEnd(): [Buffer, Buffer, Buffer, Buffer] {
  return [EMPTY, EMPTY, sequenceFrame(REPLAY_END), EMPTY];
}

function sequenceFrame(sequence: bigint): Buffer {
  const frame = Buffer.alloc(8);
  frame.writeBigUInt64BE(BigInt.asUintN(64, sequence));
  return frame;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
