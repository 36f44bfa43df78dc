// Which workers gateways of a cluster have in common: one that a gateway learns of later, and none that it started itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openCluster, type OpenCluster } from "../../../src/app/cluster/open-cluster.ts";
import { readDeploymentText } from "../../../src/config/index.ts";
import { realClock } from "../../../src/core/index.ts";
import { type ChangingFleet, startFleet } from "../../../src/fleet/index.ts";
import { memoryIndex } from "../../../src/kvindex/index.ts";
import { silentLog } from "../../../src/telemetry/index.ts";
import { type EtcdCluster, etcdCluster, skip } from "../../cluster/etcd-cluster.ts";
import { closeAfterTest } from "../../core/closing.ts";
import { workerSpec } from "../../fleet/worker-spec.ts";
import { eventually } from "../api.ts";
import { textOf } from "../gateway-file.ts";

let etcd: EtcdCluster;
before(async () => {
  if (skip === false) etcd = await etcdCluster({ size: 1 });
});
after(() => etcd?.close());

interface Joined {
  readonly fleet: ChangingFleet;
  readonly joined: OpenCluster;
}

async function gateway(workers: readonly string[], own: readonly string[] = []): Promise<Joined> {
  const cluster = { enabled: true, name: "late", etcd: { endpoints: [...etcd.endpoints] } };
  const { deployments } = readDeploymentText({
    file: "t.yaml",
    text: textOf(["http://127.0.0.1:1"], { gateway: { cluster } }),
  });
  const index = memoryIndex({ ttlSeconds: 300, maxBytes: 1 << 20, seedOf: () => ({ model: "m" }) });
  const isOwn = (id: string) => own.includes(id);
  const fleet = startFleet({ workers: workers.map(spec), clock: realClock });
  const joined = await openCluster({ deployments, fleet, index, clock: realClock, log: silentLog, isOwn });
  assert.ok(joined);
  closeAfterTest(() => Promise.all([joined.close(), fleet.close()]));
  return { fleet, joined };
}

const spec = (id: string) => workerSpec(id, "http://127.0.0.1:1");

const leaves = ({ fleet }: Joined, id: string): boolean => {
  const found = fleet.workers().find((one) => one.id === id);
  return found?.state === "draining";
};

test(
  "bug: a worker that came by a reload after it was drained elsewhere was used",
  { skip, timeout: 60_000 },
  async () => {
    const [one, two] = [await gateway(["a", "b"]), await gateway(["a"])];
    assert.ok(one.fleet.drain("b"));
    one.joined.drained("b", undefined);
    await eventually("the other has heard", () => two.joined.cluster?.shared.get("drain/b") !== undefined);
    two.fleet.apply(["a", "b"].map(spec));
    await eventually("it drains there, too", () => leaves(two, "b"));
    assert.ok(!leaves(two, "a"));
    one.joined.undrained("b");
    await eventually("and no longer", () => !leaves(two, "b"));
  },
);

test(
  "bug: a worker that one gateway had started was taken for the other one's of the same id",
  { skip, timeout: 60_000 },
  async () => {
    const [one, two] = [await gateway(["own", "both"], ["own"]), await gateway(["own", "both"], ["own"])];
    const entryOf = ({ fleet }: Joined, id: string) => fleet.workers().find((worker) => worker.id === id)?.ledger;
    for (const id of ["own", "both"]) {
      entryOf(one, id)?.begin({ promptTokens: 100, cachedTokens: 0 });
      assert.ok(one.fleet.drain(id));
      one.joined.drained(id, undefined);
    }
    const seen = (id: string) => entryOf(two, id)?.total.prefillRequests;
    await eventually("the other has heard", () => leaves(two, "both") && seen("both") === 1);
    assert.ok(!leaves(two, "own"));
    assert.equal(seen("own"), 0);
    assert.equal(one.joined.cluster?.shared.get("drain/own"), undefined);
  },
);
