// The block manager for prompts whose content is given by units: runs of blocks instead of blocks, the same decisions.
import type { BlockManager, BlockManagerOptions } from "./block-manager.ts";
import { Run } from "./run.ts";
import { type RunList, runList } from "./run-list.ts";
import type { SequenceState } from "./sequence-state.ts";
import { type HeldChanges, unitCopies } from "./unit-copies.ts";

export interface RunManager extends BlockManager {
  /** Valid until the next call. */
  takeChanges(): HeldChanges;
}

/** A stretch of a sequence's blocks within one unit. */
interface Place {
  unit: number;
  /** First block within the unit. */
  offset: number;
  /** Blocks from there to the end of the unit. */
  room: number;
}

export function runManager({ blockSize, kvBlocks, prefixCaching }: BlockManagerOptions): RunManager {
  const total = kvBlocks - 1;
  const free = runList();
  const copies = unitCopies();
  /** Free blocks without content; they are used first. */
  let blank = total;
  const locate = locator(blockSize);
  /** What the last look-up found, and which blocks of it. */
  const hits: Run[] = [];
  const hitOffsets: number[] = [];
  const hitEnds: number[] = [];
  let hitBlocks = 0;
  let freeHits = 0;

  const blocksFor = (tokens: number): number => Math.ceil(tokens / blockSize);
  const freeBlocks = (): number => blank + free.blocks;

  /** Notes the oldest copy from `offset` on and returns where it, or its seniority, ends; `offset` when there is none. */
  function findCopy(unit: number, offset: number): number {
    let end = Number.MAX_SAFE_INTEGER;
    for (let run = copies.oldest(unit); run !== undefined; run = run.younger) {
      if (run.from <= offset && offset < run.to) {
        hits.push(run);
        return Math.min(end, run.to);
      }
      if (run.from > offset) end = Math.min(end, run.from);
    }
    return offset;
  }

  function lookup(sequence: SequenceState): number {
    hits.length = 0;
    hitOffsets.length = 0;
    hitEnds.length = 0;
    hitBlocks = 0;
    freeHits = 0;
    if (!prefixCaching) return 0;
    const most = Math.floor((sequence.tokens - 1) / blockSize);
    while (hitBlocks < most) {
      const { unit, offset, room } = locate(sequence, hitBlocks);
      const end = Math.min(findCopy(unit, offset), offset + Math.min(room, most - hitBlocks));
      if (end === offset) break;
      hitOffsets.push(offset);
      hitEnds.push(end);
      if (hits.at(-1)?.references === 0) freeHits += end - offset;
      hitBlocks += end - offset;
    }
    return hitBlocks * blockSize;
  }

  /** Cuts `run` at `at`; the second half. */
  function cut(run: Run, at: number): Run {
    const rest = new Run(run.unit, at, run.to);
    rest.references = run.references;
    rest.rest = run.rest;
    run.rest = rest;
    run.to = at;
    copies.split(run, rest);
    if (run.references === 0) free.insertBefore(run, rest);
    return rest;
  }

  function take(sequence: SequenceState, hit: Run, range: { readonly from: number; readonly to: number }): void {
    const run = range.from > hit.from ? cut(hit, range.from) : hit;
    if (range.to < run.to) cut(run, range.to);
    if (run.references === 0) free.remove(run);
    run.references++;
    sequence.runs.push(run);
    sequence.runEnds.push(range.to);
  }

  function admit(sequence: SequenceState, tokens: number, reserveTokens: number): boolean {
    const cached = hitBlocks * blockSize;
    return adopt(sequence, Math.max(reserveTokens, cached + tokens)) && extend(sequence, tokens);
  }

  /** What `lookup` found, if blocks for all `tokens` are there. */
  function adopt(sequence: SequenceState, tokens: number): boolean {
    if (blocksFor(tokens) - hitBlocks + freeHits > freeBlocks()) return false;
    for (const [i, hit] of hits.entries()) {
      const run = pieceAt(hit, hitOffsets[i] ?? 0);
      take(sequence, run, { from: hitOffsets[i] ?? 0, to: hitEnds[i] ?? 0 });
    }
    sequence.blockCount = hitBlocks;
    sequence.registered = hitBlocks;
    sequence.computed = hitBlocks * blockSize;
    return true;
  }

  function reserve(sequence: SequenceState, tokens: number): boolean {
    if (!adopt(sequence, tokens)) return false;
    const wanted = blocksFor(tokens) - sequence.blockCount;
    allocate(wanted);
    sequence.blockCount += wanted;
    return true;
  }

  function extend(sequence: SequenceState, tokens: number): boolean {
    // Amid a block nothing is taken and nothing becomes known: most of all calls are for one token of an answer.
    const phase = sequence.computed % blockSize;
    if (tokens === 1 && phase > 0 && phase < blockSize - 1) return true;
    const end = sequence.computed + tokens;
    const wanted = blocksFor(end) - sequence.blockCount;
    if (wanted > 0) {
      if (wanted > freeBlocks()) return false;
      allocate(wanted);
      sequence.blockCount += wanted;
    }
    if (prefixCaching) register(sequence, Math.floor(end / blockSize));
    return true;
  }

  /** Blank blocks first, then the ends of the runs that were freed longest ago. */
  function allocate(count: number): void {
    const blanks = Math.min(blank, count);
    blank -= blanks;
    for (let left = count - blanks; left > 0;) {
      const run = free.first;
      if (run === undefined) return;
      const fewer = Math.min(left, run.to - run.from);
      left -= fewer;
      if (fewer === run.to - run.from) free.remove(run);
      else free.shrunk(fewer);
      run.to -= fewer;
      copies.shrank(run, fewer);
    }
  }

  function register(sequence: SequenceState, full: number): void {
    while (sequence.registered < full) {
      const { unit, offset, room } = locate(sequence, sequence.registered);
      const more = Math.min(room, full - sequence.registered);
      if (!grow(sequence, { unit, offset, more })) {
        const run = new Run(unit, offset, offset + more);
        copies.add(run);
        sequence.runs.push(run);
        sequence.runEnds.push(run.to);
      }
      sequence.registered += more;
    }
  }

  /** Lengthens the sequence's last run, if nobody else uses it and no younger copy stands after it. */
  function grow(
    { runs, runEnds }: SequenceState,
    { unit, offset, more }: { readonly unit: number; readonly offset: number; readonly more: number },
  ): boolean {
    const last = runs.length - 1;
    const run = runs[last];
    if (run === undefined || run.unit !== unit || run.to !== offset || run.references !== 1) return false;
    if (runEnds[last] !== offset || !copies.isYoungest(run)) return false;
    run.to += more;
    runEnds[last] = run.to;
    copies.grew(run, more);
    return true;
  }

  return {
    total,
    get free() {
      return freeBlocks();
    },
    get cached() {
      return copies.blocks;
    },
    blocksFor,
    lookup,
    admit,
    reserve,
    extend,
    release(sequence) {
      const { runs, runEnds } = sequence;
      blank += sequence.blockCount - sequence.registered;
      for (let i = runs.length - 1; i >= 0; i--) {
        const run = runs[i];
        if (run !== undefined) giveBack(free, run, runEnds[i] ?? 0);
      }
      runs.length = 0;
      runEnds.length = 0;
      sequence.blockCount = 0;
      sequence.computed = 0;
      sequence.registered = 0;
    },
    reset() {
      if (freeBlocks() !== total) return false;
      free.clear();
      copies.clear();
      blank = total;
      return true;
    },
    takeEvents: () => [],
    takeChanges: () => copies.takeChanges(),
  };
}

/** The piece of a run that an earlier cut of the same admission has put `offset` into. */
function pieceAt(run: Run, offset: number): Run {
  let piece = run;
  while (piece.to <= offset && piece.rest !== undefined) piece = piece.rest;
  return piece;
}

/** One user fewer of what `run` was up to `end` when the sequence took it, the last piece first. */
function giveBack(free: RunList, run: Run, end: number): void {
  if (run.to < end && run.rest !== undefined) giveBack(free, run.rest, end);
  run.references--;
  if (run.references === 0) free.push(run);
}

/** Where a sequence's block number `block` belongs: a unit of the prompt, or the sequence's own output. Valid until the next call. */
function locator(blockSize: number): (sequence: SequenceState, block: number) => Place {
  const place: Place = { unit: 0, offset: 0, room: 0 };
  return (sequence, block) => {
    const { content } = sequence.request;
    const full = Math.floor(sequence.promptTokens / blockSize);
    if (content !== undefined && block < full) {
      const index = Math.floor(block / content.unitBlocks);
      place.unit = content.units[index] ?? 0;
      place.offset = block - index * content.unitBlocks;
      place.room = Math.min(content.unitBlocks - place.offset, full - block);
    } else {
      place.unit = -1 - sequence.order;
      place.offset = block - full;
      place.room = Number.MAX_SAFE_INTEGER;
    }
    return place;
  };
}
