// What must be alike at all gateways of a cluster without a database: the model that a session falls to, and a tenant's salt.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readDeploymentText } from "../../../src/config/index.ts";
import { type EtcdCluster, etcdCluster, skip } from "../../cluster/etcd-cluster.ts";
import { unary } from "../../gateway/harness.ts";
import { eventually } from "../api.ts";
import { behind, fakeVllm, served } from "../served.ts";

let etcd: EtcdCluster;
before(async () => {
  if (skip === false) etcd = await etcdCluster({ size: 1 });
});
after(() => etcd?.close());

const TENANTS = `apiVersion: llm-d.nvidia.com/v1
kind: Tenants
metadata: { name: t }
spec: { trustedHeader: { name: x-tenant, from: [127.0.0.1] } }
`;
const USERS = Array.from({ length: 24 }, (_, i) => `user ${i}`);

test(
  "bug: two gateways without a database split the sessions of an alias, and salted a tenant, each in its own way",
  { skip, timeout: 60_000 },
  async () => {
    const worker = await fakeVllm(unary);
    const cluster = { enabled: true, name: "secret", etcd: { endpoints: [...etcd.endpoints] } };
    const { tenants } = readDeploymentText({ file: "t.yaml", text: TENANTS });
    assert.ok(tenants);
    const model = (name: string) => ({ name, aliases: [{ name: "chat", weight: 1 }] });
    const specs = { one: { model: model("one"), gateway: { cluster } }, two: { model: model("two") } };
    const start = () => served(behind(worker, specs), { tenants });
    const [first, second] = [await start(), await start()];

    // Not a check of salts, which comes in between.
    const lastChat = () => worker.requests.findLast(({ path }) => path.endsWith("/chat/completions"))?.body;

    /** Of each user the model that was asked, and the salt. */
    async function seen(at: typeof first): Promise<string[]> {
      const all: string[] = [];
      for (const user of USERS) {
        assert.equal((await at.ask("chat", { user }, { "x-tenant": "a" })).status, 200);
        const { model: asked, cache_salt: salt } = JSON.parse(lastChat() ?? "{}") as Record<string, string>;
        assert.ok(salt);
        all.push(`${asked} ${salt}`);
      }
      return all;
    }

    await eventually("both do the same", async () => {
      const [here, there] = [await seen(first), await seen(second)];
      return here.join() === there.join();
    });
    assert.equal(new Set(await seen(first)).size, 2, "two models, one salt");
  },
);
