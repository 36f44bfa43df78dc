// `switchgear engine` on a free port, in a process that ends with ours.
import { answers, startCommand } from "./cli-command.ts";
import { freePort } from "./free-port.ts";

export interface SimulatedEngine {
  readonly url: string;
  stop(): Promise<void>;
}

/** Options of the command, by name without their dashes. */
export async function simulatedEngine(
  options: Readonly<Record<string, string | number | object>>,
): Promise<SimulatedEngine> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = Object.entries({ ...options, port }).flatMap(([name, value]) => [`--${name}`, text(value)]);
  const engine = startCommand(["engine", ...args, "--exit-with-stdin"]);
  await Promise.race([
    answers(`${url}/health`),
    engine.ended.then(({ err }) => Promise.reject(new Error(`the engine ended: ${err}`))),
  ]);
  return { url, stop: async () => void (await engine.stop("SIGKILL")) };
}

function text(value: string | number | object): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
