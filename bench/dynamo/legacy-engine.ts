// The legacy arm: a simulated vLLM that counts tokens as the model of Dynamo's mock workers does.
import { answers, startCommand } from "../lib/cli-command.ts";
import { freePort } from "../lib/free-port.ts";

export interface LegacyEngine {
  readonly url: string;
  stop(): Promise<void>;
}

export async function legacyEngine(tokenizer: string): Promise<LegacyEngine> {
  const port = await freePort();
  const engine = startCommand([
    ...["engine", "--model", "Qwen/Qwen3-32B", "--served-model-name", "qwen", "--profile", "qwen3-32b-h100-tp1-fp8"],
    ...["--tokenizer", tokenizer, "--port", String(port), "--speed", "2", "--max-model-len", "32768"],
    // Its answers take longer than Dynamo's on any machine, so that the test judges the machinery and not the noise.
    ...["--faults", '{"latency":{"ms":150}}', "--exit-with-stdin"],
  ]);
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([
    answers(`${url}/health`),
    engine.ended.then(({ err }) => Promise.reject(new Error(`the engine ended: ${err}`))),
  ]);
  return { url, stop: async () => void (await engine.stop("SIGKILL")) };
}
