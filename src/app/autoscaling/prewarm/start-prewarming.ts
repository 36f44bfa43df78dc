// Remembers hot prefixes of each model and gives them to each worker that comes, where a deployment asks for it.
import type { Deployment } from "../../../config/index.ts";
import type { Clock } from "../../../core/index.ts";
import type { Fleet, Worker } from "../../../fleet/index.ts";
import type { TrafficRecorder } from "../../../gateway/index.ts";
import type { Log } from "../../../telemetry/index.ts";
import { servedName } from "../../gateway-models.ts";
import { type HotPrefixes, hotPrefixes } from "./hot-prefixes.ts";
import { prewarms } from "./prewarms.ts";
import { warmWorker } from "./warm-worker.ts";

export interface Prewarming {
  readonly recorder: TrafficRecorder;
  close(): void;
}

export interface PrewarmingParts {
  readonly fleet: Fleet;
  /** As in force. */
  readonly deployments: () => readonly Deployment[];
  /** False while another gateway of the cluster does it. */
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

export function startPrewarming({ fleet, deployments, leads, clock, log }: PrewarmingParts): Prewarming {
  const remembered = new Map<string, HotPrefixes>();
  const warm = new Set<string>();
  const ended = new AbortController();

  async function welcome(worker: Worker, deployment: Deployment): Promise<void> {
    const hot = remembered.get(servedName(deployment))?.hottest(deployment.autoscaling.prewarm.prefixes) ?? [];
    if (hot.length === 0) return;
    const began = clock.now();
    const warmed = await warmWorker(worker, hot, ended.signal);
    log.info({ worker: worker.id, ...warmed, ms: Math.round(clock.now() - began) }, "worker has hot prefixes");
  }

  fleet.onChange((worker) => {
    const { id, state, role } = worker;
    const isGone = state === "dead" || !fleet.workers().some((one) => one.id === id);
    if (isGone) warm.delete(id);
    if (isGone || state !== "ready" || warm.has(id)) return;
    warm.add(id);
    const deployment = deployments().find(({ name }) => name === worker.deployment);
    const wanted = deployment !== undefined && prewarms(deployment) && role !== "decode" && worker.arm === undefined;
    if (wanted && leads() && !ended.signal.aborted) void welcome(worker, deployment);
  });

  return {
    recorder: {
      identified({ model }, { hashes, source }) {
        if (model === undefined || hashes === undefined || source === undefined) return;
        const hot = remembered.get(model) ?? hotPrefixes();
        remembered.set(model, hot);
        hot.saw(hashes, source);
      },
      ended: () => undefined,
    },
    close: () => ended.abort(),
  };
}
