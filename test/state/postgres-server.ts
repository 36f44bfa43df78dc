// A real PostgreSQL server for tests: programs of this machine, data in a folder that is gone afterwards.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";

export interface PostgresServer {
  readonly url: string;
  start(): Promise<void>;
  /** At once, as a machine that is lost. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Folder with `initdb` and `postgres`; undefined when this machine has none. */
export function postgresPrograms(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, "bin")) : [];
  const folders = [...versions, ...(process.env["PATH"] ?? "").split(":")];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

/** PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const READY_LIMIT_MS = 15_000;

export async function postgresServer(programs: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-postgres-"));
  const as = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
  const data = join(folder, "data");
  const init = ["-D", data, "-U", "test", "--auth", "trust", "--no-sync", "--no-instructions"];
  execFileSync(join(programs, "initdb"), init, { ...as, cwd: folder, stdio: "ignore", timeout: 60_000 });
  const port = await freePort();
  const url = `postgres://test@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const settings = ["fsync=off", "unix_socket_directories=", "listen_addresses=127.0.0.1"].flatMap((one) => [
      "-c",
      one,
    ]);
    const started = spawn(join(programs, "postgres"), ["-D", data, "-p", String(port), ...settings], {
      ...as,
      cwd: folder,
      stdio: "ignore",
    });
    child = started;
    const end = performance.now() + READY_LIMIT_MS;
    while (!(await answers(url))) {
      if (performance.now() > end || started.exitCode !== null) throw new Error("postgres did not start");
      await new Promise((next) => void setTimeout(next, 50));
    }
  }

  /** SIGQUIT is its "immediate": no shutdown, recovery at the next start, no process left behind. */
  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGQUIT");
    await gone;
  }

  await start();
  return {
    url,
    start,
    kill,
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
