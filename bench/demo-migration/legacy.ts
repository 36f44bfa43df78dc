// The single simulated vLLM of the demonstration.
import { answers, type RunningCommand, startCommand } from "../lib/cli-command.ts";
import { freePort } from "../lib/free-port.ts";

export const MODEL = "llama-70b";

export interface LegacyServer {
  readonly url: string;
  stop(): Promise<void>;
}

export interface LegacyOptions {
  /** Simulated seconds a second. */
  readonly speed: number;
  /** Added to every answer. */
  readonly latencyMs?: number;
}

export async function legacyServer({ speed, latencyMs = 0 }: LegacyOptions): Promise<LegacyServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server: RunningCommand = startCommand([
    ...["engine", "--model", "meta-llama/Llama-3.1-70B-Instruct", "--served-model-name", MODEL],
    ...["--profile", "llama-3.1-70b-h100-tp2-fp8", "--port", String(port), "--speed", String(speed)],
    ...["--max-model-len", "32768", "--faults", JSON.stringify({ latency: { ms: latencyMs } }), "--exit-with-stdin"],
  ]);
  await Promise.race([
    answers(`${url}/health`),
    server.ended.then(({ err }) => Promise.reject(new Error(`the engine ended: ${err}`))),
  ]);
  return { url, stop: async () => void (await server.stop("SIGKILL")) };
}
