// `serve --supervised`: a small parent that keeps the listening sockets while gateway processes come and go.
import { type ChildProcess, spawn } from "node:child_process";
import net, { type BoundSocket } from "node:net";
import { SwitchgearError } from "../core/index.ts";
import { type Deployment, loadDeployments } from "../config/index.ts";
import { type ChildMessage, type ParentMessage, REPLACES } from "./parent-process.ts";
import type { ServeFlags } from "./serve.ts";
import { hasTerminal } from "./serve-signals.ts";

const RESTART_FIRST_MS = 100;
const RESTART_MOST_MS = 10_000;
/** A child that lived this long was no failure to start. */
const STABLE_MS = 10_000;

interface Sockets {
  readonly names: readonly string[];
  readonly fds: readonly number[];
}

export async function supervise(files: readonly string[], flags: ServeFlags): Promise<void> {
  requireBoundSocket();
  const sockets = openSockets(loadDeployments(files)[0], flags);
  process.exitCode = await superviseChildren(sockets);
}

/** Binds a socket, holds it and passes it on without listening: in Node since 26.4, and in late releases of 24. */
function requireBoundSocket(): void {
  if ("BoundSocket" in net) return;
  throw new SwitchgearError("SWG_RUNTIME_TOO_OLD", "--supervised needs net.BoundSocket, which this Node.js lacks", {
    where: process.execPath,
    value: process.versions.node,
    expected: "Node.js 26.4 or newer, or 24.21 or newer of 24",
    hint: "without --supervised this Node.js is new enough; sockets of systemd give a restart without lost connections too",
  });
}

interface Child {
  readonly process: ChildProcess;
  readonly startedAt: number;
}

/** Resolves with the exit code once a stop was asked for, or the first child could not start. */
function superviseChildren(sockets: Sockets): Promise<number> {
  return new Promise((resolve) => {
    const startedInTerminal = hasTerminal();
    let serving: Child | undefined;
    let coming: Child | undefined;
    let everOpen = false;
    let stopping = false;
    let pause = RESTART_FIRST_MS;
    const alive = new Set<ChildProcess>();

    function start(replaces: boolean): Child {
      const child: Child = { process: spawnChild(sockets, replaces), startedAt: performance.now() };
      alive.add(child.process);
      child.process.on("message", (message: ChildMessage) => {
        if (message.kind === "open") opened(child);
      });
      child.process.on("exit", (code, signal) => ended(child, code ?? (signal === null ? 1 : 128)));
      return child;
    }

    function opened(child: Child): void {
      everOpen = true;
      if (child !== coming) return;
      const message: ParentMessage = { kind: "hand-over" };
      serving?.process.send(message);
      serving = child;
      coming = undefined;
      say(`process ${child.process.pid} serves now; the old one ends what it has`);
    }

    function ended({ process: gone, startedAt }: Child, code: number): void {
      alive.delete(gone);
      if (stopping || !everOpen) {
        if (alive.size === 0) resolve(code);
        return;
      }
      if (coming?.process === gone) {
        coming = undefined;
        return say(`restart failed (exit code ${code}); process ${serving?.process.pid} goes on serving`);
      }
      if (serving?.process !== gone) return;
      serving = undefined;
      pause = performance.now() - startedAt > STABLE_MS ? RESTART_FIRST_MS : Math.min(pause * 2, RESTART_MOST_MS);
      say(`process ${gone.pid} ended (exit code ${code}); connections wait, a new one starts in ${pause} ms`);
      setTimeout(() => {
        if (!stopping) serving = start(false);
      }, pause);
    }

    function replace(): void {
      if (stopping || coming !== undefined || serving === undefined) return say("a restart is under way already");
      coming = start(true);
    }

    function pass(signal: NodeJS.Signals): void {
      stopping ||= signal !== "SIGHUP";
      for (const one of alive) one.kill(signal);
      if (stopping && alive.size === 0) resolve(0);
    }

    process.on("SIGUSR2", replace);
    process.on("SIGTERM", () => pass("SIGTERM"));
    // Ctrl-C reaches the children from the terminal as well: they take two so close together for one.
    process.on("SIGINT", () => pass("SIGINT"));
    process.on("SIGHUP", () => pass(startedInTerminal && !hasTerminal() ? "SIGTERM" : "SIGHUP"));
    serving = start(false);
  });
}

function openSockets(first: Deployment | undefined, flags: ServeFlags): Sockets {
  if (first === undefined) throw new RangeError("serve needs at least one deployment");
  const { gateway, monitoring } = first;
  const { prometheus } = monitoring;
  const wanted = [
    { name: "gateway", host: gateway.listener.host, port: flags.port ?? gateway.listener.port },
    { name: "admin", host: gateway.admin.host, port: flags.adminPort ?? gateway.admin.port },
    ...(prometheus.enabled
      ? [{ name: "metrics", host: prometheus.host, port: flags.metricsPort ?? prometheus.port }]
      : []),
  ];
  const held = wanted.map(bind);
  sockets.push(...held);
  return { names: wanted.map(({ name }) => name), fds: held.map((one) => one.fd()) };
}

/** Held for the life of this process: one that is collected as garbage would close its socket. */
const sockets: BoundSocket[] = [];

function bind({
  name,
  host,
  port,
}: {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}): BoundSocket {
  try {
    return new net.BoundSocket({ host: host === "localhost" ? "127.0.0.1" : host, port });
  } catch (cause) {
    throw new SwitchgearError("SWG_PORT_IN_USE", `port ${port} for the ${name} socket cannot be opened`, {
      value: `${host}:${port}`,
      where: name,
      expected: "a free port and a numeric address of this machine",
      cause,
    });
  }
}

/** The same command without `--supervised`, read from disk anew: after an upgrade it is the new release. */
function spawnChild({ names, fds }: Sockets, replaces: boolean): ChildProcess {
  const args = process.argv.slice(1).filter((one) => one !== "--supervised");
  const { LISTEN_PID: _, ...env } = process.env;
  return spawn(process.execPath, [...process.execArgv, ...args], {
    stdio: ["inherit", "inherit", "inherit", ...fds, "ipc"],
    env: {
      ...env,
      LISTEN_FDS: String(fds.length),
      LISTEN_FDNAMES: names.join(":"),
      [REPLACES]: replaces ? "1" : "0",
    },
  });
}

function say(text: string): void {
  process.stderr.write(`switchgear: ${text}\n`);
}
