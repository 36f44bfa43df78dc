// The other programs, as `bench/proxy/install.sh` unpacks them; what is not there is said.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort } from "../lib/free-port.ts";
import type { Contender, RunningProxy } from "./contender.ts";

const CACHE = process.env["SWITCHGEAR_BENCH_CACHE"] ?? join(homedir(), ".cache", "switchgear-bench");
const ABSENT = "not installed: sh bench/proxy/install.sh";
const READY_LIMIT_MS = 60_000;

export function nginx(name: string): Contender {
  const program = [join(CACHE, "nginx/usr/sbin/nginx"), ...onPath("nginx")].find((path) => existsSync(path));
  return {
    name,
    absent: program === undefined ? ABSENT : undefined,
    async start(workers) {
      const port = await freePort();
      return started({
        command: [program ?? "nginx", "-c", "nginx.conf", "-p"],
        files: { "nginx.conf": nginxConfig(port, workers) },
        folderLast: true,
        port,
      });
    },
  };
}

export function vllmRouter(name: string): Contender {
  return python(name, join(CACHE, "vllm-router/bin/vllm-router"), []);
}

export function smg(name: string): Contender {
  return python(name, join(CACHE, "smg/bin/python"), ["-m", "smg.launch_router"]);
}

function python(name: string, program: string, first: readonly string[]): Contender {
  return {
    name,
    absent: existsSync(program) ? undefined : ABSENT,
    async start(workers) {
      const [port, metrics] = [await freePort(), await freePort()];
      const where = ["--host", "127.0.0.1", "--port", String(port), "--prometheus-port", String(metrics)];
      const how = ["--policy", "cache_aware", "--log-level", name.startsWith("smg") ? "warn" : "warning"];
      return started({ command: [program, ...first, ...where, ...how, "--worker-urls", ...workers], port });
    },
  };
}

interface StartParts {
  readonly command: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  /** The working folder is the command's last argument. */
  readonly folderLast?: boolean;
  readonly port: number;
}

async function started({ command, files = {}, folderLast = false, port }: StartParts): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-rival-"));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const [program = "", ...args] = command;
  const child = spawn(program, folderLast ? [...args, folder] : args, {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const complaints: string[] = [];
  child.stderr.on("data", (bytes: Buffer) => void complaints.push(String(bytes)));
  await answering(child, port).catch(async (error: unknown) => {
    await ended(child);
    throw new Error(`${program}: ${String(error)}\n${complaints.join("").slice(-2000)}`);
  });
  return {
    port,
    pid: child.pid,
    async stop() {
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Until the worker's list of models comes through. */
async function answering(child: ChildProcess, port: number): Promise<void> {
  const end = Date.now() + READY_LIMIT_MS;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/v1/models`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    await new Promise((resolve) => void setTimeout(resolve, 200));
  }
  throw new Error(`no answer within ${READY_LIMIT_MS} ms`);
}

const TERM_LIMIT_MS = 5000;

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const limit = setTimeout(() => child.kill("SIGKILL"), TERM_LIMIT_MS);
  await gone;
  clearTimeout(limit);
}

function onPath(program: string): string[] {
  return (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, program));
}

/** One process, as the other contenders; logs off, as in all of them; no buffering of streams. */
function nginxConfig(port: number, workers: readonly string[]): string {
  const servers = workers.map((url) => `server ${new URL(url).host};`).join(" ");
  return `worker_processes 1; daemon off; user root; pid nginx.pid; error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  upstream workers { ${servers} keepalive 512; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024; keepalive_requests 10000000;
    client_max_body_size 64m; client_body_buffer_size 128k;
    location / {
      proxy_pass http://workers; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_read_timeout 600s;
    }
  }
}
`;
}
