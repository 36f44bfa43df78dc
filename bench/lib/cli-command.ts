// Commands of the CLI as a user types them: run to their end, or going on beside us.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

export interface CommandEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningCommand {
  readonly ended: Promise<CommandEnd>;
  stop(signal?: NodeJS.Signals): Promise<CommandEnd>;
}

export function startCommand(args: readonly string[], options: { readonly cwd?: string } = {}): RunningCommand {
  const child = spawn(process.execPath, [MAIN, ...args], { ...options, stdio: "pipe" });
  const ended = endOf(child);
  return {
    ended,
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
}

export function runCommand(args: readonly string[], options: { readonly cwd?: string } = {}): Promise<CommandEnd> {
  return startCommand(args, options).ended;
}

async function endOf(child: ChildProcess): Promise<CommandEnd> {
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => out.push(text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => err.push(text));
  await once(child, "close");
  return { code: child.exitCode, out: out.join(""), err: err.join("") };
}

/** Until the address answers 200; throws after `limitMs`. */
export async function answers(url: string, limitMs = 60_000): Promise<void> {
  const end = Date.now() + limitMs;
  for (;;) {
    const status = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      },
      () => 0,
    );
    if (status === 200) return;
    if (Date.now() > end) throw new Error(`${url} does not answer after ${limitMs / 1000} s`);
    await sleep(100);
  }
}
