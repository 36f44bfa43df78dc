// A worker's blocks as bytes: a line of JSON, then little-endian words; cut into pieces that etcd takes.
import { endianness } from "node:os";
import type { EventPosition, WorkerBlocks } from "../../kvindex/index.ts";

export interface WorkerSnapshot {
  readonly worker: string;
  readonly blocks: WorkerBlocks;
  /** Events up to here are in it; undefined without events. */
  readonly position: EventPosition | undefined;
}

const FORMAT = 1;
/** etcd takes 1.5 MiB a request, as base64. */
const PIECE_BYTES = 262_144;

export function encodeSnapshot({ worker, blocks, position }: WorkerSnapshot): Buffer[] {
  const { blockSize, confirmed, predicted } = blocks;
  const head = {
    format: FORMAT,
    order: endianness(),
    worker,
    blockSize,
    position,
    confirmed: confirmed.length,
    predicted: predicted.length,
  };
  const whole = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), bytesOf(confirmed), bytesOf(predicted)]);
  const pieces: Buffer[] = [];
  for (let at = 0; at < whole.length; at += PIECE_BYTES) pieces.push(whole.subarray(at, at + PIECE_BYTES));
  return pieces;
}

/** Undefined for what is damaged, incomplete or of another format: a gateway starts cold then. */
export function decodeSnapshot(pieces: readonly Buffer[]): WorkerSnapshot | undefined {
  const whole = Buffer.concat(pieces);
  const end = whole.indexOf("\n");
  const head = parsed(whole.subarray(0, Math.max(0, end)).toString());
  if (head === undefined || head.format !== FORMAT || head.order !== endianness()) return undefined;
  const words = Buffer.from(whole.subarray(end + 1));
  if (words.length !== 4 * (head.confirmed + head.predicted)) return undefined;
  const all = new Int32Array(words.length / 4);
  Buffer.from(all.buffer).set(words);
  return {
    worker: head.worker,
    position: head.position,
    blocks: {
      blockSize: head.blockSize,
      confirmed: all.slice(0, head.confirmed),
      predicted: all.slice(head.confirmed),
    },
  };
}

interface Head {
  readonly format: number;
  readonly order: string;
  readonly worker: string;
  readonly blockSize: number;
  readonly position: EventPosition | undefined;
  readonly confirmed: number;
  readonly predicted: number;
}

function parsed(text: string): Head | undefined {
  try {
    const head: Partial<Head> = JSON.parse(text);
    const { format, order, worker, blockSize, position, confirmed, predicted } = head;
    if (typeof worker !== "string" || typeof order !== "string") return undefined;
    if (![format, blockSize, confirmed, predicted].every(Number.isSafeInteger)) return undefined;
    if (position !== undefined && ![position.sequence, position.timestamp].every(Number.isFinite)) return undefined;
    const counts = { format: Number(format), blockSize: Number(blockSize), confirmed: Number(confirmed) };
    return { ...counts, order, worker, position, predicted: Number(predicted) };
  } catch {
    return undefined;
  }
}

function bytesOf(words: Int32Array): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength);
}
