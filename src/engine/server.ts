// One simulated vLLM server: profile, core, tokenizer, operations and HTTP surface put together on one port.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, realClock, seededRandom, SwitchgearError, toError } from "../core/index.ts";
import { kvBytesPerToken, loadProfile, type EngineProfile, stepCost } from "../model/index.ts";
import { builtinTextModel, type TextModel } from "../tokens/index.ts";
import { apiListener } from "./api/api-listener.ts";
import type { EngineContext } from "./api/engine-context.ts";
import { loraAdapters } from "./api/lora-adapters.ts";
import { hashText, nextToken } from "./api/next-token.ts";
import { VLLM_VERSION } from "./api/ops-routes.ts";
import { speakableVocabulary } from "./api/vocabulary.ts";
import { wellFormedOnly } from "./api/well-formed-text.ts";
import { engineCore } from "./core/engine-core.ts";
import { ENGINE_DEFAULTS, type EngineOptions } from "./engine-options.ts";
import type { EngineCore } from "./engine-core.ts";
import { type LiveEngine, startLiveEngine } from "./live-engine.ts";
import type { EngineOps } from "./ops/engine-ops.ts";
import { startEngineOps } from "./ops/start-engine-ops.ts";
import { type KvConnector, openConnector } from "./transfer/kv-connector.ts";

export interface EngineServer {
  readonly url: string;
  readonly port: number;
  readonly profile: EngineProfile;
  readonly maxModelLen: number;
  readonly options: EngineOptions;
  readonly ops: EngineOps;
  readonly live: LiveEngine;
  /** Undefined without --kv-transfer-config. */
  readonly transfer: KvConnector | undefined;
  /** Cuts every connection and stops the engine. */
  close(): Promise<void>;
}

export interface EngineParts {
  readonly clock?: Clock | undefined;
  readonly text?: TextModel | undefined;
  /** The process shall end with this code; default: nothing happens. */
  readonly exit?: ((code: number) => void) | undefined;
}

export async function startEngineServer(given: Partial<EngineOptions>, parts: EngineParts = {}): Promise<EngineServer> {
  const options: EngineOptions = { ...ENGINE_DEFAULTS, ...given };
  const clock = parts.clock ?? realClock;
  const text = parts.text ?? builtinTextModel();
  const profile = profileOf(options);
  const cost = stepCost(profile);
  const core = engineCore({
    ...profile.limits,
    cost,
    policy: options.schedulingPolicy,
    prefixCaching: options.prefixCaching,
    events: options.kvEvents?.enabled,
    maxLoras: options.lora?.maxLoras,
    kvRole: options.kvTransfer?.role,
    loadFailure: options.kvTransfer?.loadFailure,
  });
  const live = startLiveEngine({ core, clock, speed: options.speed, overheadMs: (tokens) => cost.overheadMs(tokens) });
  const transfer = await connectorOf(options, { clock, core, live, profile });
  const ops = await startOps(options, { clock, live, profile, core, transfer, exit: parts.exit ?? noExit });
  const maxModelLen = options.maxModelLen ?? profile.maxModelLength;
  const context = contextOf(options, { clock, text, core, live, ops, transfer, maxModelLen });
  const server = engineHttpServer(context);
  ops.attach(server);
  const port = await listen(server, options).catch(async (thrown: unknown) => {
    live.stop();
    transfer?.close();
    await ops.close();
    throw thrown;
  });
  return {
    url: `http://${options.host}:${port}`,
    port,
    profile,
    maxModelLen,
    options,
    ops,
    live,
    transfer,
    async close() {
      live.stop();
      transfer?.close();
      await ops.close();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      if (server.listening) await closed;
    },
  };
}

function profileOf(options: EngineOptions): EngineProfile {
  return loadProfile(options.profile, {
    blockSize: options.blockSize,
    maxSequences: options.maxNumSeqs,
    maxBatchedTokens: options.maxNumBatchedTokens,
    maxModelLength: options.maxModelLen,
    kvBlocks: options.gpuBlocksOverride,
    pipelineParallel: options.pipelineParallel,
  });
}

function noExit(): void {}

interface ConnectorPlace {
  readonly clock: Clock;
  readonly core: EngineCore;
  readonly live: LiveEngine;
  readonly profile: EngineProfile;
}

async function connectorOf(
  { kvTransfer, sideChannel, speed }: EngineOptions,
  { clock, core, live, profile }: ConnectorPlace,
): Promise<KvConnector | undefined> {
  if (kvTransfer === undefined) return undefined;
  const { host, port, bootstrapPort } = sideChannel ?? { host: "127.0.0.1", port: 0, bootstrapPort: 0 };
  return openConnector({
    config: kvTransfer,
    clock,
    core,
    wake: () => live.wake(),
    speed,
    bytesPerToken: kvBytesPerToken(profile.model, profile.kv),
    blockSize: profile.limits.blockSize,
    // vLLM's compatibility hash covers what makes KV readable, such as the model's name and its layout.
    compatibility: `${VLLM_VERSION} ${profile.model.name} ${profile.kv}`,
    address: { host, port },
    bootstrapPort,
  });
}

interface OpsParts extends ConnectorPlace {
  readonly transfer: KvConnector | undefined;
  readonly exit: (code: number) => void;
}

function startOps(
  options: EngineOptions,
  { clock, live, profile, core, transfer, exit }: OpsParts,
): Promise<EngineOps> {
  const { hangLimitSeconds } = options;
  return startEngineOps({
    clock,
    engine: live,
    model: options.servedModelNames[0] ?? options.model,
    cache: {
      blockSize: profile.limits.blockSize,
      gpuBlocks: profile.limits.kvBlocks,
      maxModelLen: options.maxModelLen ?? profile.maxModelLength,
      prefixCaching: options.prefixCaching,
      gpuMemoryUtilization: profile.gpuMemoryUtilization,
      gpuBlocksOverride: options.gpuBlocksOverride,
    },
    speed: options.speed,
    kvEvents: options.kvEvents,
    kvEventEncoding: options.kvEventEncoding,
    kvEventHashes: options.kvEventHashes,
    faults: options.faults,
    shutdownTimeoutMs: options.shutdownTimeoutSeconds * 1000,
    hangLimitMs: hangLimitSeconds === undefined ? undefined : hangLimitSeconds * 1000,
    maxLoras: options.lora?.maxLoras,
    transfers: transfer && { stats: () => core.transfers(), record: transfer.record },
    exit,
  });
}

interface Made {
  readonly clock: Clock;
  readonly text: TextModel;
  readonly core: EngineCore;
  readonly live: LiveEngine;
  readonly ops: EngineOps;
  readonly transfer: KvConnector | undefined;
  readonly maxModelLen: number;
}

function contextOf(options: EngineOptions, made: Made): EngineContext {
  const { clock, text, core, live, ops, transfer, maxModelLen } = made;
  const hash = (hashText(`${options.model} ${options.profile}`) >>> 0).toString(16).padStart(8, "0");
  return {
    options,
    adapters: loraAdapters(options.lora),
    text: wellFormedOnly(text),
    tokenizer: text.tokenizer,
    maxModelLen,
    engine: live,
    resetPrefixCache: () => core.resetPrefixCache(),
    ops,
    transfer,
    clock,
    random: seededRandom(`${process.pid} ${clock.epoch()} ${Math.random()}`),
    next: nextToken(speakableVocabulary(text.tokenizer), options),
    fingerprint: `vllm-${VLLM_VERSION}-${hash}`,
    startedAt: Math.floor(clock.epoch() / 1000),
  };
}

/** vLLM's idle limit (VLLM_HTTP_TIMEOUT_KEEP_ALIVE). */
const KEEP_ALIVE_MS = 5000;

function engineHttpServer(context: EngineContext): Server {
  const listener = apiListener(context);
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveTimeoutBuffer: 0,
    requestTimeout: 0,
    headersTimeout: 60_000,
  });
  server.on("request", (request, response) => context.ops.handle(request, response, () => listener(request, response)));
  return server;
}

function listen(server: Server, { host, port }: EngineOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, `${host}:${port}`)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function listenError(error: NodeJS.ErrnoException, where: string): Error {
  if (error.code !== "EADDRINUSE" && error.code !== "EACCES" && error.code !== "EADDRNOTAVAIL") return toError(error);
  return new SwitchgearError("SWG_PORT_IN_USE", `The engine cannot listen on ${where} (${error.code}).`, {
    where: "--port",
    value: where,
    expected: "a free port",
    cause: error,
  });
}
