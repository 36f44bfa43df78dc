// The connector of a simulated engine: keeps prompts for others, pulls them from others, and counts both.
import type { Clock, Timer } from "../../core/index.ts";
import { transferMs } from "../../model/index.ts";
import type { EngineCore } from "../engine-core.ts";
import type { RemotePrompt } from "../sequence.ts";
import { type Asked, askProducer } from "./ask-producer.ts";
import { bootstrapPeer, type BootstrapServer, openBootstrap } from "./bootstrap.ts";
import type { KvTransferConfig } from "./kv-transfer-config.ts";
import { type ChannelAddress, type ChannelAnswer, type ChannelKeeper, openSideChannel } from "./side-channel.ts";
import { mooncakeWish, nixlAnswer, nixlWish, type PullWish, type TransferWish } from "./transfer-params.ts";
import { type Transfer, type TransferEvents, transferEvents, type TransferRecord } from "./transfer-record.ts";

export interface ConnectorParts {
  readonly config: KvTransferConfig;
  readonly clock: Clock;
  readonly core: Pick<EngineCore, "holds" | "releaseHeld" | "renewHeld" | "heldBlocks">;
  /** Something of the core changed outside a step. */
  readonly wake: () => void;
  readonly speed: number;
  readonly bytesPerToken: number;
  readonly blockSize: number;
  /** What the version, the model and its KV layout say: P and D must agree. */
  readonly compatibility: string;
  readonly address: ChannelAddress;
  /** Mooncake's VLLM_MOONCAKE_BOOTSTRAP_PORT. */
  readonly bootstrapPort: number;
}

export interface KeptLeg {
  /** Id of the sequence. */
  readonly id: string;
  readonly tokens: number;
  readonly cachedTokens: number;
}

export interface StartedPull {
  /** It has no promise from a producer: what is read there is whatever has taken the place of the prompt. */
  readonly isStale: boolean;
  readonly remote: RemotePrompt;
}

export interface KvConnector {
  readonly record: TransferRecord;
  readonly leaseMs: number;
  /** What a request's kv_transfer_params ask of an engine of this role. */
  wish(params: unknown): TransferWish | undefined;
  /** kv_transfer_params of the answer; null when nothing is kept, or the connector tells nothing. */
  kept(leg: KeptLeg, wish: TransferWish): object | null;
  /** Looks for the producer; the call that it returns takes the request back. */
  pull(wish: PullWish, promptTokens: number, onReady: (pull: StartedPull) => void): () => void;
  readonly sideChannelPort: number;
  readonly bootstrapPort: number | undefined;
  close(): void;
}

/** What a real vLLM takes to give up on a peer that is not there (measured: 5 s). */
const UNREACHABLE_MS = 5000;
const HANDSHAKE_MS = 10;
const RENEW_MS = 5000;
/** A peer on this machine that says nothing for so long hangs, whatever the engine's speed. */
const LEAST_LIMIT_MS = 1000;

export async function openConnector(parts: ConnectorParts): Promise<KvConnector> {
  const { config, clock, core, wake } = parts;
  const record = transferEvents();
  /** Name on the side channel → id of the sequence. */
  const names = new Map<string, string>();
  const pulls = new Set<() => void>();
  const timers = new Set<Timer>();
  const isNixl = config.connector === "nixl";
  const keeper = keeperOf(parts, { names, record });
  const channel = await openSideChannel(parts.address, keeper);
  const bootstrap = await openBootstrapOf(parts, channel.port).catch((error: unknown) => {
    channel.close();
    throw error;
  });

  return {
    record,
    leaseMs: config.leaseMs,
    sideChannelPort: channel.port,
    bootstrapPort: bootstrap?.port,
    wish(params) {
      const wish = isNixl ? nixlWish(params) : mooncakeWish(params);
      const fits = wish?.kind === "keep" ? config.role !== "kv_consumer" : config.role !== "kv_producer";
      return fits ? wish : undefined;
    },
    kept({ id, tokens, cachedTokens }, wish) {
      if (wish.kind !== "keep" || !core.holds(id)) return null;
      const name = wish.name ?? id;
      names.set(name, id);
      watchLease(name, id);
      const { host } = parts.address;
      const blocks = core.heldBlocks(id);
      const kept = { name, engineId: config.engineId, host, port: channel.port, blocks, tokens, cachedTokens };
      return isNixl ? nixlAnswer(kept) : null;
    },
    pull(wish, promptTokens, onReady) {
      const onOver = (): boolean => pulls.delete(cancel);
      const cancel = startPull(parts, { wish, promptTokens, record, onReady, onOver });
      pulls.add(cancel);
      return cancel;
    },
    close() {
      for (const cancel of pulls) cancel();
      for (const timer of timers) timer.cancel();
      channel.close();
      bootstrap?.close();
    },
  };

  /** An idle engine notices that a lease has run out. */
  function watchLease(name: string, id: string): void {
    const timer = clock.after(config.leaseMs + 1, () => {
      timers.delete(timer);
      wake();
      if (core.holds(id)) watchLease(name, id);
      else names.delete(name);
    });
    timers.add(timer);
  }

  function openBootstrapOf(
    { bootstrapPort, address }: ConnectorParts,
    port: number,
  ): Promise<BootstrapServer | undefined> {
    if (isNixl || config.role === "kv_consumer") return Promise.resolve(undefined);
    return openBootstrap({ host: address.host, port: bootstrapPort }, { engineId: config.engineId, port });
  }

  function keeperOf(
    { compatibility }: ConnectorParts,
    { names, record }: { readonly names: Map<string, string>; readonly record: TransferEvents },
  ): ChannelKeeper {
    const lease = (id: string): boolean => core.renewHeld(id, clock.now() + config.leaseMs);
    return {
      ask({ name, engineId, compatibility: theirs }) {
        if (engineId !== config.engineId) return { held: false, refused: "engine_id" };
        if (theirs !== compatibility) return { held: false, refused: "compatibility" };
        return { held: lease(names.get(name) ?? name) };
      },
      told(name, word) {
        const id = names.get(name) ?? name;
        if (word === "renew") return void lease(id);
        names.delete(name);
        if (core.releaseHeld(id)) wake();
        else if (word === "done") record.late();
      },
    };
  }
}

interface PullParts {
  readonly wish: PullWish;
  readonly promptTokens: number;
  readonly record: TransferEvents;
  readonly onReady: (pull: StartedPull) => void;
  /** Its connection is of no more use. */
  readonly onOver: () => void;
}

function startPull(parts: ConnectorParts, { wish, promptTokens, record, onReady, onOver }: PullParts): () => void {
  const { config, clock, speed, compatibility } = parts;
  let asked: Asked | undefined;
  let isOver = false;
  let transfer: Transfer | undefined;

  function ready(answer: ChannelAnswer | undefined): void {
    if (isOver) return;
    const isThere = answer !== undefined && answer.refused === undefined;
    // NIXL reads the blocks whatever is in them now; Mooncake's producer writes only what it keeps.
    const willCome = isThere && (answer.held || config.connector === "nixl");
    const wait = answer === undefined ? UNREACHABLE_MS : HANDSHAKE_MS;
    onReady({
      isStale: isThere && !answer.held,
      remote: {
        tokens: promptTokens,
        pull(tokens) {
          if (!willCome) return wait / speed;
          const bytes = tokens * parts.bytesPerToken;
          const ms = transferMs(config.link, bytes);
          transfer = { bytes, ms, blocks: Math.ceil(tokens / parts.blockSize) };
          return ms / speed;
        },
        arrived() {
          isOver = true;
          const came = willCome && asked?.isThere === true;
          if (came && transfer !== undefined) record.came(transfer);
          else record.failed();
          asked?.end(came ? "done" : "free");
          onOver();
          return came;
        },
      },
    });
  }

  function ask(address: ChannelAddress | undefined): void {
    if (isOver) return;
    if (address === undefined) return ready(undefined);
    asked = askProducer({
      clock,
      address,
      question: { name: wish.name, engineId: wish.engineId, compatibility },
      limitMs: Math.max(LEAST_LIMIT_MS, UNREACHABLE_MS / speed),
      renewMs: RENEW_MS,
      onAnswer: ready,
    });
  }

  if (config.connector === "nixl") ask({ host: wish.host, port: wish.port });
  else void bootstrapPeer(wish).then(ask);
  return () => {
    if (isOver) return;
    isOver = true;
    asked?.end("free");
    onOver();
  };
}
