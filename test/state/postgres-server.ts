// A real PostgreSQL server for tests: programs of this machine, data in a folder that is gone afterwards.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
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

/** Folder with `initdb` and `postgres`; undefined when this machine has none and cannot unpack one. */
export function postgresPrograms(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, "bin")) : [];
  const folders = [...versions, ...(process.env["PATH"] ?? "").split(":")];
  const here = folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
  return here ?? unpackedPostgres();
}

/** Of the distribution that `/etc/os-release` names, since packages are named by their version. */
const VERSION_OF: Readonly<Record<string, string>> = {
  "debian 12": "15",
  "debian 13": "17",
  "ubuntu 22.04": "14",
  "ubuntu 24.04": "16",
};

/** The server's package without installing it, in a folder that others may read, too: the server does not run as root. */
export function unpackedPostgres(): string | undefined {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)`, "m").exec(release)?.[1] ?? "";
  const version = VERSION_OF[`${field("ID")} ${field("VERSION_ID")}`];
  if (version === undefined) return undefined;
  const script = join(import.meta.dirname, "../../scripts/debian.js");
  const cache =
    process.env["SWITCHGEAR_DEBIAN_CACHE"] ?? join(tmpdir(), `switchgear-debian-${process.getuid?.() ?? 0}`);
  const env = { ...process.env, SWITCHGEAR_DEBIAN_CACHE: cache };
  const run = spawnSync(process.execPath, [script, `postgresql-${version}`], { encoding: "utf8", env });
  const folder = join(run.stdout.trim(), "usr/lib/postgresql", version, "bin");
  // Its libraries are packages of their own, which most machines have.
  const starts = run.status === 0 && spawnSync(join(folder, "postgres"), ["--version"]).status === 0;
  if (!starts && process.env["CI"] === "true") throw new Error(`PostgreSQL cannot be unpacked: ${run.stderr.trim()}`);
  return starts ? folder : undefined;
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
