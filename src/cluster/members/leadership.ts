// One gateway of several that acts for all: elected by a key under its lease, fenced by that key's revision.
import type { Clock } from "../../core/index.ts";
import type { EtcdClient, Write } from "../etcd/etcd-client.ts";
import type { Entry } from "../etcd/etcd-entry.ts";
import type { Session } from "../etcd/session.ts";

export interface Leadership {
  /** By our own clock, short of the end of the lease: a process that was paused is none when it wakes. */
  readonly isLeader: boolean;
  /** Grows with each leader, over a wiped store, too; undefined for others. */
  readonly term: number | undefined;
  /** Id of the leader by what was last heard. */
  readonly leader: string | undefined;
  /**
   * Writes, if this is still the leader in etcd's eyes at that moment; false = it is not, nothing was written.
   * An act is written down first and carried out after it: who is no leader cannot write it down.
   */
  commit(writes: readonly Write[]): Promise<boolean>;
  /** Called when this process becomes or ceases to be the leader, as far as it knows. */
  onChange(listener: (isLeader: boolean) => void): void;
}

export interface ElectionOptions {
  readonly client: EtcdClient;
  readonly clock: Clock;
  readonly session: () => Session;
  readonly key: string;
  readonly id: string;
  /** An act that began must be over before the lease is. */
  readonly marginMs: number;
}

export interface Election extends Leadership {
  /** The key as the mirror has it. */
  saw(entry: Entry | undefined): void;
  /** Stands for election where there is no leader; call it often. */
  tick(): Promise<void>;
}

export function election({ client, clock, session, key, id, marginMs }: ElectionOptions): Election {
  const listeners: ((isLeader: boolean) => void)[] = [];
  let current: Entry | undefined;
  let highest = 0;
  let mine: { readonly createRevision: number; readonly term: number; readonly lease: string } | undefined;
  let told = false;

  function isLeader(): boolean {
    const { lease, validUntil } = session();
    return mine !== undefined && mine.lease === lease && clock.now() < validUntil - marginMs;
  }

  function tell(): void {
    if (isLeader() === told) return;
    told = !told;
    for (const listener of listeners) listener(told);
  }

  async function stand(lease: string): Promise<void> {
    const term = highest + 1;
    const value = JSON.stringify({ id, term });
    const { succeeded, revision } = await client.txn([{ key, createRevision: 0 }], [{ key, value, lease }]);
    if (succeeded) mine = { createRevision: revision, term, lease };
  }

  function saw(entry: Entry | undefined): void {
    current = entry;
    const { term } = leaderOf(entry);
    highest = Math.max(highest, term);
    if (mine !== undefined && entry !== undefined && entry.createRevision !== mine.createRevision) mine = undefined;
    if (entry === undefined) mine = undefined;
    // A call whose answer was lost may have made us the leader.
    const { lease } = session();
    if (entry !== undefined && lease !== undefined && entry.lease === lease)
      mine = { createRevision: entry.createRevision, term, lease };
    tell();
  }

  return {
    get isLeader() {
      return isLeader();
    },
    get term() {
      return isLeader() ? mine?.term : undefined;
    },
    get leader() {
      return current === undefined ? undefined : leaderOf(current).id;
    },
    async commit(writes) {
      const held = mine;
      if (held === undefined || !isLeader()) return false;
      const { succeeded } = await client.txn([{ key, createRevision: held.createRevision }], writes);
      if (!succeeded && mine === held) mine = undefined;
      tell();
      return succeeded && isLeader();
    },
    onChange: (listener) => void listeners.push(listener),
    saw,
    async tick() {
      tell();
      const { lease } = session();
      if (current === undefined && mine === undefined && lease !== undefined) await stand(lease).catch(() => undefined);
      tell();
    },
  };
}

function leaderOf(entry: Entry | undefined): { id: string | undefined; term: number } {
  try {
    const { id, term } = JSON.parse(entry?.value.toString() ?? "{}");
    return { id: typeof id === "string" ? id : undefined, term: Number.isSafeInteger(term) ? term : 0 };
  } catch {
    return { id: undefined, term: 0 };
  }
}
