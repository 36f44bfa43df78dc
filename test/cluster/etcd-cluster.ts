// A real etcd of three members for tests, from Debian's etcd-server: stopped, started, paused and wiped one by one.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianProgram } from "../telemetry/debian-programs.ts";
import { until } from "./until.ts";

const PROGRAM = debianProgram("etcd-server", "usr/bin/etcd");
export const { skip } = PROGRAM;

export interface EtcdMember {
  readonly origin: string;
  /** SIGSTOP: its sockets stay open and nothing answers. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  start(): void;
}

export interface EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly endpoints: readonly string[];
  /** All members stop, forget everything and start again at the same addresses. */
  wipe(): Promise<void>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface EtcdClusterOptions {
  readonly size?: number;
  readonly flags?: readonly string[];
  readonly scheme?: "http" | "https";
}

export async function etcdCluster({
  size = 3,
  flags = [],
  scheme = "http",
}: EtcdClusterOptions = {}): Promise<EtcdCluster> {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-etcd-"));
  const ports = await freePorts(2 * size);
  // One alone elects itself and has only to wait for it; several on a busy machine must not lose their leader.
  const electionMs = size === 1 ? 500 : 1000;
  const names = Array.from({ length: size }, (_, i) => ({
    name: `m${i}`,
    client: ports[2 * i] ?? 0,
    peer: ports[2 * i + 1] ?? 0,
  }));
  const initial = names.map(({ name, peer }) => `${name}=http://127.0.0.1:${peer}`).join(",");
  const members = names.map((one) => member({ ...one, folder, initial, flags, scheme, electionMs }));
  const endpoints = members.map(({ origin }) => origin);
  const cluster: EtcdCluster = {
    members,
    endpoints,
    async wipe() {
      await Promise.all(members.map((one) => one.kill()));
      for (const { name } of names) rmSync(join(folder, name), { recursive: true, force: true });
      for (const one of members) one.start();
      await this.ready();
    },
    async ready() {
      if (scheme === "https") return;
      await Promise.all(endpoints.map((origin) => until(() => isWorking(origin), 60_000)));
    },
    async close() {
      await Promise.all(members.map((one) => one.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  for (const one of members) one.start();
  try {
    await cluster.ready();
  } catch (thrown) {
    // Members left alone would keep the test's process for ever.
    await cluster.close();
    throw thrown;
  }
  return cluster;
}

interface MemberOptions {
  readonly name: string;
  readonly client: number;
  readonly peer: number;
  readonly folder: string;
  readonly initial: string;
  readonly flags: readonly string[];
  readonly scheme: string;
  readonly electionMs: number;
}

function member({ name, client, peer, folder, initial, flags, scheme, electionMs }: MemberOptions): EtcdMember {
  const origin = `${scheme}://127.0.0.1:${client}`;
  let child: ChildProcess | undefined;
  const peers = `http://127.0.0.1:${peer}`;
  const args = [
    `--name=${name}`,
    `--data-dir=${join(folder, name)}`,
    `--initial-cluster=${initial}`,
    `--listen-client-urls=${origin}`,
    `--advertise-client-urls=${origin}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    "--heartbeat-interval=100",
    `--election-timeout=${electionMs}`,
    "--unsafe-no-fsync",
    "--logger=zap",
    ...flags,
  ];
  return {
    origin,
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
    start() {
      child = spawn(PROGRAM.path, args, { stdio: "ignore" });
    },
  };
}

async function isWorking(origin: string): Promise<boolean> {
  const body = JSON.stringify({ key: Buffer.from("ready").toString("base64") });
  const answer = await fetch(`${origin}/v3/kv/range`, {
    method: "POST",
    body,
    signal: AbortSignal.timeout(1000),
  }).catch(() => undefined);
  await answer?.text();
  return answer?.status === 200;
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      server.close();
      await once(server, "close");
      return typeof address === "object" && address !== null ? address.port : 0;
    }),
  );
}
