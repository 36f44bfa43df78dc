// A gateway's part in a cluster as its own process, for tests that pause it: counts up a key as the leader, and says so.
import { etcdClient, startCluster } from "../../src/cluster/index.ts";
import { realClock } from "../../src/core/index.ts";

const [id = "", endpoints = ""] = process.argv.slice(2);
const client = etcdClient({ endpoints: endpoints.split(",") });
const cluster = startCluster({
  client,
  clock: realClock,
  id,
  prefix: "/pause/",
  ttlSeconds: 1,
  load: () => ({}),
  onRemoteLoad: () => undefined,
});

async function act(): Promise<void> {
  const { leadership } = cluster;
  const { term } = leadership;
  if (term === undefined) return;
  const done = await leadership.commit([{ key: "/pause/acts", value: `${id} ${term}` }]).catch(() => false);
  if (done) process.stdout.write(`${id} ${term}\n`);
}

setInterval(() => void act(), 20);
