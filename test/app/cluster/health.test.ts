// A worker that fails requests at some gateways, as the others learn of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type EtcdCluster, etcdCluster, skip } from "../../cluster/etcd-cluster.ts";
import { type Behaviour, unary } from "../../gateway/harness.ts";
import { eventually, workers } from "../api.ts";
import { behind, fakeVllm, type Served, served } from "../served.ts";

let etcd: EtcdCluster;
before(async () => {
  if (skip === false) etcd = await etcdCluster({ size: 1 });
});
after(() => etcd?.close());

test(
  "a worker that two of three gateways ejected is doubted by the third, until a request proves it well",
  { skip, timeout: 60_000 },
  async () => {
    let isBroken = true;
    const behave: Behaviour = (request, response) => {
      if (isBroken && request.path.split("/")[2] === "0") response.writeHead(500).end("{}");
      else unary(request, response);
    };
    const worker = await fakeVllm(behave);
    const cluster = { enabled: true, name: "health", etcd: { endpoints: [...etcd.endpoints] } };
    const documents = behind(worker, { m: { gateway: { cluster, limits: { retries: 0 } } } }, 2);
    const all = (await Promise.all([0, 1, 2].map(() => served(documents)))) as [Served, Served, Served];
    await eventually("all know all", () => all.every((one) => one.log.some((line) => line.includes('"members":3,'))));
    const [a, b, c] = all;
    const breakers = async (one: Served) => (await workers(one)).map((each) => Object(each)["breaker"] as string);
    for (const gateway of [a, b]) {
      await eventually("it is ejected", async () => {
        await gateway.ask("m");
        return (await breakers(gateway))[0] !== "closed";
      });
    }
    await eventually("the third doubts it", async () => (await breakers(c))[0] !== "closed");
    assert.equal((await breakers(c))[1], "closed");
    isBroken = false;
    await eventually(
      "it is used again",
      async () => {
        for (const one of all) assert.equal((await one.ask("m")).status, 200);
        return (await Promise.all(all.map(breakers))).flat().every((phase) => phase === "closed");
      },
      5000,
    );
  },
);
