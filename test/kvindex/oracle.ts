// The naive index that the real one must equal: maps and sets, no care for time or space.
import type { BlockStored, KvEvent } from "../../src/vllm/index.ts";

interface OracleWorker {
  /** Engine hash → chain of tokens and how often it was stored. */
  readonly names: Map<string, { readonly chain: string; count: number }>;
  readonly predicted: Map<string, number>;
  live: boolean;
  expectedSince: number | undefined;
  forgotten: boolean;
}

/** Chains are written as the joined tokens of all blocks so far. */
export function oracleIndex(ttlMs: number, confirmMs: number, beliefMs = ttlMs) {
  const workers = new Map<string, OracleWorker>();

  function of(worker: string): OracleWorker {
    const found = workers.get(worker);
    if (found) return found;
    const made = { names: new Map(), predicted: new Map(), live: false, expectedSince: undefined, forgotten: false };
    workers.set(worker, made);
    return made;
  }

  function confirmed(one: OracleWorker, chain: string): boolean {
    return [...one.names.values()].some((name) => name.chain === chain);
  }

  function holds(one: OracleWorker, chain: string): boolean {
    return confirmed(one, chain) || one.predicted.has(chain);
  }

  function isSilent(one: OracleWorker, now: number): boolean {
    return one.expectedSince !== undefined && now - one.expectedSince >= confirmMs;
  }

  function store(one: OracleWorker, event: BlockStored): void {
    let chain = event.parent === null ? "" : one.names.get(String(event.parent))?.chain;
    if (chain === undefined) return;
    for (const [i, hash] of event.hashes.entries()) {
      chain += `|${event.tokenIds.slice(i * event.blockSize, (i + 1) * event.blockSize).join(",")}`;
      const name = one.names.get(String(hash));
      if (name) name.count++;
      else {
        one.names.set(String(hash), { chain, count: 1 });
        one.predicted.delete(chain);
      }
    }
  }

  function remove(one: OracleWorker, hash: string): void {
    const name = one.names.get(hash);
    if (!name || --name.count > 0) return;
    one.names.delete(hash);
    one.predicted.delete(name.chain);
  }

  return {
    apply(worker: string, event: KvEvent) {
      const one = of(worker);
      Object.assign(one, { live: true, expectedSince: undefined, forgotten: false });
      if (event.kind === "stored") store(one, event);
      if (event.kind === "removed") for (const hash of event.hashes) remove(one, String(hash));
      if (event.kind === "cleared") {
        one.names.clear();
        one.predicted.clear();
      }
    },
    predict(worker: string, chains: readonly string[], now: number) {
      const one = of(worker);
      const isLive = one.live && !isSilent(one, now);
      let news = 0;
      for (const chain of chains) {
        if (isLive && confirmed(one, chain)) continue;
        if (!holds(one, chain)) news++;
        one.predicted.set(chain, now + (isLive ? Math.min(confirmMs, ttlMs) : beliefMs));
      }
      if (isLive && news > 0) one.expectedSince ??= now;
    },
    sweep(now: number) {
      for (const one of workers.values()) {
        for (const [chain, until] of one.predicted) if (until <= now) one.predicted.delete(chain);
        if (one.forgotten || one.expectedSince === undefined) continue;
        if (now < one.expectedSince + Math.max(ttlMs, confirmMs)) continue;
        one.names.clear();
        one.forgotten = true;
      }
    },
    drop(worker: string) {
      const one = of(worker);
      one.names.clear();
      one.predicted.clear();
      if (!one.live) workers.delete(worker);
    },
    overlap(chains: readonly string[], worker: string): number {
      const one = of(worker);
      const end = chains.findIndex((chain) => !holds(one, chain));
      return end < 0 ? chains.length : end;
    },
    entries(): number {
      let sum = 0;
      for (const one of workers.values())
        sum += new Set([...[...one.names.values()].map(({ chain }) => chain), ...one.predicted.keys()]).size;
      return sum;
    },
  };
}

export function chainsOf(ids: readonly number[], blockSize: number): string[] {
  const chains: string[] = [];
  for (let end = blockSize; end <= ids.length; end += blockSize) {
    chains.push(`${chains.at(-1) ?? ""}|${ids.slice(end - blockSize, end).join(",")}`);
  }
  return chains;
}
