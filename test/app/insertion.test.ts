// Putting the gateway before a live worker and taking it away, as docs/insert.md has it: clients keep their address, none fails.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { eventually } from "./api.ts";
import { gatewayFile, serveFile } from "./gateway-file.ts";
import { fakeVllm } from "./served.ts";
import { steadyLoad, streaming } from "./steady-load.ts";

interface Front {
  readonly port: number;
  /** Where new connections go; those that exist stay where they are, as with a redirect or a proxy's reload. */
  target: number;
  close(): void;
}

async function front(target: number): Promise<Front> {
  const server = createServer((client) => {
    const upstream = connect(made.target, "127.0.0.1");
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const made: Front = { port: (server.address() as AddressInfo).port, target, close: () => void server.close() };
  return made;
}

test("clients on the old address keep working while the gateway is put in between and taken away again", async () => {
  const worker = await fakeVllm(streaming);
  const address = await front(worker.port);
  // The fake worker's path says which model it serves.
  const load = steadyLoad({
    url: () => `http://127.0.0.1:${address.port}${new URL(worker.url("m")).pathname}`,
    clients: 20,
  });
  await eventually("direct traffic", () => load.whole > 40);

  const file = gatewayFile();
  const rootPath = new URL(worker.url("m")).pathname;
  file.write([worker.url("m")], { gateway: { listener: { rootPath }, drain: { graceMs: 1000 } } });
  const gateway = await serveFile(file);
  address.target = Number(new URL(gateway.data).port);
  const served = async (): Promise<number> => {
    const page = await (await fetch(gateway.metrics)).text();
    return Number(/^switchgear_requests_total\{.*outcome="ok".*\} (\d+)$/m.exec(page)?.[1] ?? 0);
  };
  await eventually("traffic through the gateway", async () => (await served()) > 40);

  address.target = worker.port;
  const whole = load.whole;
  process.kill(gateway.pid, "SIGTERM");
  assert.equal(await gateway.ended, 0, gateway.stderr());
  await eventually("direct traffic again", () => load.whole > whole + 40);
  await load.stop();
  address.close();
  assert.deepEqual(load.failures, []);
});
