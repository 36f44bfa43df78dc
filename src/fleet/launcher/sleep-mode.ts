// vLLM's sleep mode: weights go to main memory and KV blocks are given up, so that another worker can have the GPU.
import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { SwitchgearError } from "../../core/index.ts";

const LOOK_MS = 250;
/** Weights of a large model pass the PCIe bus in some ten seconds. */
const LIMIT_MS = 120_000;

/** Resolves when the worker sleeps. Its endpoints exist only with VLLM_SERVER_DEV_MODE=1. */
export function putToSleep(origin: string): Promise<void> {
  return change(`${origin}/sleep?level=1`, { origin, sleeping: true });
}

export function wakeUp(origin: string): Promise<void> {
  return change(`${origin}/wake_up`, { origin, sleeping: false });
}

interface Wanted {
  readonly origin: string;
  readonly sleeping: boolean;
}

/** vLLM may answer before it is done. */
async function change(url: string, { origin, sleeping }: Wanted): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  const answer = await ask("POST", url, LIMIT_MS);
  if (answer.status !== 200) throw failed(url, `status ${answer.status}`);
  for (;;) {
    const { status, text } = await ask("GET", `${origin}/is_sleeping`, LIMIT_MS);
    if (status !== 200) throw failed(url, `/is_sleeping: status ${status}`);
    if (/"is_sleeping":\s*true/.test(text) === sleeping) return;
    if (performance.now() > end) throw failed(url, `not done after ${LIMIT_MS / 1000} s`);
    await pause(LOOK_MS);
  }
}

function failed(url: string, what: string): SwitchgearError {
  return new SwitchgearError("SWG_SLEEP_FAILED", `a worker cannot be put to sleep or woken: ${what}`, {
    where: url,
    expected: "vLLM with --enable-sleep-mode and VLLM_SERVER_DEV_MODE=1",
  });
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask(method: "GET" | "POST", url: string, limitMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent: false, signal: AbortSignal.timeout(limitMs) }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.once("error", reject);
    });
    asked.once("error", (error) => reject(failed(url, error.message)));
    asked.end();
  });
}
