// Engines and gateways of the suite as processes of their own, with what they print and how they end.
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly printed: () => string;
  readonly exited: Promise<string>;
  /** Resolves with the match of a line on stdout or stderr. */
  readonly says: (pattern: RegExp, limitMs?: number) => Promise<RegExpExecArray>;
  readonly stop: () => Promise<void>;
}

const GRACE_MS = 5000;

export function start(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  // A group of its own: vLLM's engine is a grandchild that must go with it.
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
    detached: true,
  });
  let printed = "";
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      printed += text;
      watchers.forEach((watch) => watch());
    });
  }
  const exited = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(signal ?? `code ${code}`));
  });
  const pid = child.pid ?? 0;
  const killGroup = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // It is gone.
    }
  };
  const onExit = (): void => killGroup("SIGKILL");
  process.on("exit", onExit);
  return {
    process: child,
    pid,
    printed: () => printed,
    exited,
    says: (pattern, limitMs = 20_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => fail(`did not say ${pattern}`), limitMs);
        const look = (): void => {
          const match = pattern.exec(printed);
          if (match === null) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve(match);
        };
        const fail = (why: string): void => {
          clearTimeout(timer);
          watchers.delete(look);
          reject(new Error(`${command} ${args.slice(0, 3).join(" ")} ${why}:\n${printed.slice(-2000)}`));
        };
        watchers.add(look);
        look();
        void exited.then((how) => fail(`ended (${how})`));
      }),
    stop: async () => {
      killGroup("SIGTERM");
      const timer = setTimeout(() => killGroup("SIGKILL"), GRACE_MS);
      await exited;
      clearTimeout(timer);
      killGroup("SIGKILL");
      process.off("exit", onExit);
    },
  };
}

/**
 * Ports in a row that were free a moment ago, from below those that systems give to clients: vLLM needs half a minute until it
 * listens, and meanwhile other sockets come and go.
 */
export async function freePorts(count: number): Promise<number[]> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const ports = Array.from({ length: count }, (_, i) => first + i);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return ports;
  }
  throw new Error(`no ${count} free ports in a row`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
