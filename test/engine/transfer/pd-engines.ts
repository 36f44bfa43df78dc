// Two simulated engines that find each other over a side channel, and the two legs of a request between them.
import {
  type EngineOptions,
  type EngineServer,
  parseKvTransferConfig,
  startEngineServer,
} from "../../../src/engine/index.ts";
import { closeAfterFile } from "../../core/closing.ts";

export const ASK = {
  do_remote_decode: true,
  do_remote_prefill: false,
  remote_engine_id: null,
  remote_block_ids: null,
  remote_host: null,
  remote_port: null,
};

export type TransferJson = Readonly<Record<string, unknown>>;

export async function pdEngine(transfer: TransferJson, options: Partial<EngineOptions> = {}): Promise<EngineServer> {
  const engine = await startEngineServer({
    port: 0,
    servedModelNames: ["tiny"],
    speed: 1000,
    seed: 7,
    requestIdHeaders: true,
    kvTransfer: parseKvTransferConfig(
      JSON.stringify({ kv_connector: "NixlConnector", kv_role: "kv_both", ...transfer }),
    ),
    ...options,
  });
  closeAfterFile(() => engine.close());
  return engine;
}

export interface PdAnswer {
  readonly status: number;
  readonly body: {
    readonly id: string;
    readonly choices: readonly { readonly message?: { readonly content: string }; readonly text?: string }[];
    readonly usage: {
      readonly prompt_tokens: number;
      readonly prompt_tokens_details: { readonly cached_tokens: number };
    };
    readonly kv_transfer_params: Readonly<Record<string, unknown>> | null;
    readonly error?: { readonly message: string };
  };
}

export async function post(engine: EngineServer, body: object, signal?: AbortSignal): Promise<PdAnswer> {
  const answer = await fetch(`${engine.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "pd-1" },
    body: JSON.stringify({ model: "tiny", temperature: 0, ignore_eos: true, ...body }),
    ...(signal && { signal }),
  });
  return { status: answer.status, body: (await answer.json()) as PdAnswer["body"] };
}

export function prompt(words: number, mark = "red"): { messages: object[] } {
  return { messages: [{ role: "user", content: `${mark} fox `.repeat(words) }] };
}

export async function metric(engine: EngineServer, name: string): Promise<number> {
  const page = await (await fetch(`${engine.url}/metrics`)).text();
  const line = page.split("\n").find((one) => one.startsWith(name));
  return line === undefined ? Number.NaN : Number(line.split(" ").at(-1));
}
