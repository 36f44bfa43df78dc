// The block manager against a naive model: reference counts, sharing, prefix hits and the event stream.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type BlockManager, blockManager } from "../../../src/engine/core/block-manager.ts";
import { SequenceState } from "../../../src/engine/core/sequence-state.ts";
import type { KvEvent } from "../../../src/vllm/index.ts";
import { sampleRequest } from "./sample-request.ts";

const BLOCK = 4;

/** What an indexer of the gateway does: content by engine hash, counted. */
class NaiveIndex {
  readonly held = new Map<unknown, { content: string; count: number }>();

  replay(events: readonly KvEvent[]): void {
    for (const event of events) {
      if (event.kind === "cleared") this.held.clear();
      if (event.kind === "stored") this.store(event);
      if (event.kind === "removed") for (const hash of event.hashes) this.drop(hash);
    }
  }

  private store(event: Extract<KvEvent, { kind: "stored" }>): void {
    // A parent may have been evicted in the same batch; its content was seen before all the same.
    let content = event.parent === null ? "" : (this.seen.get(event.parent) ?? assert.fail("unknown parent"));
    event.hashes.forEach((hash, i) => {
      content += `|${event.tokenIds.slice(i * BLOCK, (i + 1) * BLOCK).join(",")}/${JSON.stringify(event.extraKeys?.[i])}`;
      const known = this.held.get(hash);
      assert.ok(known === undefined || known.content === content, "equal hash, equal content");
      this.held.set(hash, { content, count: (known?.count ?? 0) + 1 });
      this.seen.set(hash, content);
    });
  }

  private readonly seen = new Map<unknown, string>();

  private drop(hash: unknown): void {
    const known = this.held.get(hash) ?? assert.fail("removed what was not stored");
    if (known.count === 1) this.held.delete(hash);
    else this.held.set(hash, { ...known, count: known.count - 1 });
  }

  get size(): number {
    return [...this.held.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** Tokens of the longest held prefix, one token left to compute. */
  hit(sequence: SequenceState): number {
    const contents = new Set([...this.held.values()].map(({ content }) => content));
    let content = "";
    for (let block = 0; ; block++) {
      const tokens = new Int32Array(BLOCK);
      sequence.copyTokens(block * BLOCK, tokens);
      const salt = block === 0 && sequence.request.cacheSalt !== undefined ? [sequence.request.cacheSalt] : null;
      content += `|${tokens.join(",")}/${JSON.stringify(salt)}`;
      if ((block + 1) * BLOCK > sequence.tokens - 1 || !contents.has(content)) return block * BLOCK;
    }
  }
}

type Action =
  | {
      readonly kind: "admit";
      readonly prompt: readonly number[];
      readonly salt: string | undefined;
      readonly chunk: number;
    }
  | { readonly kind: "extend"; readonly pick: number; readonly tokens: number }
  | { readonly kind: "release"; readonly pick: number }
  | { readonly kind: "reset" };

const action: fc.Arbitrary<Action> = fc.oneof(
  // Few different tokens and lengths, so that prefixes meet.
  fc.record({
    kind: fc.constant("admit" as const),
    prompt: fc.array(fc.nat(1), { minLength: 1, maxLength: 30 }).map((bits) => bits.flatMap((bit) => [bit, bit])),
    salt: fc.option(fc.constant("s"), { nil: undefined, freq: 4 }),
    chunk: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({ kind: fc.constant("extend" as const), pick: fc.nat(9), tokens: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant("release" as const), pick: fc.nat(9) }),
  fc.record({ kind: fc.constant("reset" as const) }),
);

class World {
  readonly live: SequenceState[] = [];
  readonly index = new NaiveIndex();
  readonly blocks: BlockManager;
  private made = 0;

  constructor(kvBlocks: number) {
    this.blocks = blockManager({ blockSize: BLOCK, kvBlocks, prefixCaching: true, events: true, hashSeed: "t" });
  }

  apply(one: Action): void {
    if (one.kind === "admit") this.admit(one);
    else if (one.kind === "reset") assert.equal(this.blocks.reset(), this.used().size === 0);
    else this.change(one);
    this.index.replay(this.blocks.takeEvents());
  }

  private admit(one: Extract<Action, { kind: "admit" }>): void {
    const request = sampleRequest(`r${this.made}`, one.prompt, { cacheSalt: one.salt, maxTokens: 50 });
    const sequence = new SequenceState(request, this.made++, BLOCK);
    const cached = this.blocks.lookup(sequence);
    assert.equal(cached, this.index.hit(sequence), "the hit of the naive index");
    const before = this.blocks.free;
    const chunk = Math.min(one.chunk, sequence.tokens - cached);
    if (!this.blocks.admit(sequence, chunk, 0)) {
      assert.deepEqual([this.blocks.free, sequence.blockCount], [before, 0]);
      return;
    }
    assert.equal(sequence.computed, cached);
    sequence.computed += chunk;
    this.live.push(sequence);
  }

  private change(one: Extract<Action, { kind: "extend" | "release" }>): void {
    const sequence = this.live[one.pick % Math.max(1, this.live.length)];
    if (!sequence) return;
    if (one.kind === "release") {
      this.live.splice(this.live.indexOf(sequence), 1);
      this.blocks.release(sequence);
      return;
    }
    if (sequence.computed === sequence.tokens) sequence.output.push(sequence.output.length % 2);
    const tokens = Math.min(one.tokens, sequence.tokens - sequence.computed);
    if (this.blocks.extend(sequence, tokens)) sequence.computed += tokens;
  }

  /** Blocks in use, each with the hashes of its users ("" for a block without one). */
  used(): Map<number, string[]> {
    const used = new Map<number, string[]>();
    for (const sequence of this.live) {
      for (let i = 0; i < sequence.blockCount; i++) {
        const hash = i < sequence.registered ? sequence.hashes.subarray(2 * i, 2 * i + 2).join() : "";
        const block = sequence.blocks[i] ?? 0;
        used.set(block, [...(used.get(block) ?? []), hash]);
      }
    }
    return used;
  }

  check(): void {
    const used = this.used();
    assert.equal(this.blocks.free + used.size, this.blocks.total, "free + used = total");
    for (const [block, hashes] of used) {
      assert.ok(block > 0, "the null block is never used");
      assert.ok(hashes.length === 1 || (hashes[0] !== "" && new Set(hashes).size === 1), "shared only by equal hash");
    }
    assert.equal(this.index.size, this.blocks.cached, "events replayed = content");
    for (const sequence of this.live) assert.equal(sequence.blockCount, this.blocks.blocksFor(sequence.computed));
  }
}

test("counts, sharing, hits and events agree with a naive model after every action", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.array(action, { maxLength: 60 }), (kvBlocks, actions) => {
      const world = new World(kvBlocks);
      for (const one of actions) {
        world.apply(one);
        world.check();
      }
      for (const sequence of world.live.splice(0)) world.blocks.release(sequence);
      assert.equal(world.blocks.free, world.blocks.total);
    }),
    { numRuns: 300 },
  );
});

test("a released sequence loses its tail first and its head last", () => {
  const world = new World(9);
  const admit = (prompt: number[]): void => world.apply({ kind: "admit", prompt, salt: undefined, chunk: 60 });
  const old = [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 9];
  admit(old);
  world.apply({ kind: "release", pick: 0 });
  const hit = (): number => world.blocks.lookup(new SequenceState(sampleRequest("x", old), 0, BLOCK));
  assert.equal(hit(), 12);
  // Five free blocks have no content; from the sixth on the old content goes.
  admit(Array.from({ length: 24 }, (_, i) => 50 + i));
  assert.equal(hit(), 8);
  admit([77]);
  assert.equal(hit(), 4);
  admit([78]);
  assert.equal(hit(), 0);
});

test("a partial block without content is reused before cached content", () => {
  const world = new World(4);
  const admit = (prompt: number[]): void => world.apply({ kind: "admit", prompt, salt: undefined, chunk: 60 });
  const release = (): void => world.apply({ kind: "release", pick: 0 });
  admit([1, 1, 1, 1, 2, 2, 2, 2, 3]);
  release();
  admit([9]);
  release();
  admit([9]);
  assert.equal(world.blocks.lookup(new SequenceState(sampleRequest("x", [1, 1, 1, 1, 2, 2, 2, 2, 3]), 0, BLOCK)), 8);
});
