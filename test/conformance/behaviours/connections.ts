// Connections: kept alive and used again, closed by the engine after five idle seconds, which no client of the gateway sees.
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { connect } from "node:net";
import { exchange } from "../http.ts";
import { CHAT, chat } from "../probes/requests.ts";
import type { Case, Target } from "../target.ts";

const ASK = { path: CHAT, body: chat({ max_tokens: 1 }) };
const IDLE_MS = 5000;

function connection(name: string, run: (target: Target) => Promise<void>, skip?: Case["skip"]): Case {
  return { topic: "connections", name, run, skip };
}

/** Five idle seconds are too long for every change. */
const slow = (target: Target): string | undefined =>
  target.real ? undefined : "slow: run against the real engine only";

export const connectionCases: readonly Case[] = [
  connection("a connection serves many requests", async (target) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    agent.on("free", (socket) => ports.add((socket as { localPort?: number }).localPort));
    for (let i = 0; i < 3; i++) assert.equal((await exchange(target.url, { ...ASK, agent })).status, 200);
    await exchange(target.url, { ...ASK, agent, body: chat({ max_tokens: 2, stream: true }) });
    agent.destroy();
    assert.equal(ports.size, 1);
  }),
  connection("connection: close is honoured", async (target) => {
    const answer = await exchange(target.url, { ...ASK, headers: { connection: "close" } });
    assert.equal(answer.headers.connection, "close");
  }),
  connection(
    "the engine closes an idle connection after 5 s",
    async (target) => {
      const { port } = new URL(target.engineUrl);
      const closedAfter = await new Promise<number>((resolve, reject) => {
        let answered = 0;
        const socket = connect(Number(port), "127.0.0.1", () =>
          socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n"),
        );
        socket.on("data", () => (answered = performance.now()));
        socket.on("close", () => resolve(performance.now() - answered));
        socket.on("error", reject);
        socket.setTimeout(3 * IDLE_MS, () => reject(new Error("it stayed open")));
      });
      assert.ok(closedAfter > IDLE_MS - 500 && closedAfter < IDLE_MS + 2000, `${closedAfter} ms`);
    },
    slow,
  ),
  connection(
    "requests about five seconds apart all succeed",
    async (target) => {
      for (const gap of [4900, 5000, 5100]) {
        await new Promise((resolve) => setTimeout(resolve, gap));
        assert.equal((await exchange(target.url, ASK)).status, 200);
      }
    },
    (target) => slow(target) ?? (target.gateway === undefined ? "a client of its own would race" : undefined),
  ),
];
