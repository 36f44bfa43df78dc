// How long a setting of one gateway, and a fenced word of the leader, take until every other gateway knows.
import { type Cluster, etcdClient, startCluster } from "../../src/cluster/index.ts";
import { realClock } from "../../src/core/index.ts";

export interface ReachTimes {
  readonly what: string;
  readonly medianMs: number;
  readonly slowestMs: number;
}

const GATEWAYS = ["a", "b", "c"];
const ROUNDS = 200;

export async function reachTimes(endpoints: readonly string[]): Promise<ReachTimes[]> {
  const clients = GATEWAYS.map(() => etcdClient({ endpoints }));
  const clusters = clients.map((client, i) => {
    const nothing = { load: () => ({}), onRemoteLoad: () => undefined };
    return startCluster({ client, clock: realClock, id: GATEWAYS[i] ?? "", prefix: "/reach/", ...nothing });
  });
  try {
    const leader = await leaderOf(clusters);
    return [
      await timesOf("a drain", clusters, async (text) => leader.shared.set("bench", text)),
      await timesOf("a weight", clusters, async (text) => void (await leader.led.write("bench", text))),
    ];
  } finally {
    await Promise.all(clusters.map((one) => one.close()));
    await Promise.all(clients.map((one) => one.close()));
  }
}

async function leaderOf(clusters: readonly Cluster[]): Promise<Cluster> {
  for (;;) {
    const leader = clusters.find(({ leadership }) => leadership.isLeader);
    if (leader !== undefined && clusters.every((one) => one.status().members.length === GATEWAYS.length)) return leader;
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}

async function timesOf(
  what: string,
  clusters: readonly Cluster[],
  say: (text: string) => Promise<void>,
): Promise<ReachTimes> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const text = `${what} ${round}`;
    const began = performance.now();
    await say(text);
    while (clusters.some((one) => one.shared.get("bench") !== text && one.led.get("bench") !== text))
      await new Promise((resolve) => void setImmediate(resolve));
    times.push(performance.now() - began);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return { what, medianMs: sorted[ROUNDS >> 1] ?? Number.NaN, slowestMs: sorted.at(-1) ?? Number.NaN };
}
