// The arms of a plan as the gateway asks for them: the split by the weight in force, and every leg's end to the watch.
import type { Deployment, MigrationConfig } from "../../config/index.ts";
import { armWorkers, type Fleet, type Worker } from "../../fleet/index.ts";
import type { ArmLeg, Arms, ArmTarget, Recallable, RunningMirror } from "../../gateway/index.ts";
import type { ActualShare, Split } from "../../migration/index.ts";
import { servedName } from "../gateway-models.ts";
import { armKey, armModel, type ArmName } from "./arm-specs.ts";

export interface PlanArmsParts {
  readonly config: MigrationConfig;
  readonly deployments: readonly Deployment[];
  readonly fleet: Fleet;
  readonly split: Split;
  readonly share: ActualShare;
  readonly legEnded: (leg: ArmLeg) => void;
}

export interface PlanArms extends Arms {
  weight: number;
  /** The legacy arm was given up: the migration is completed. */
  released: boolean;
  mirror: RunningMirror | undefined;
  all(arm: ArmName): readonly Worker[];
}

export function planArms(parts: PlanArmsParts): PlanArms {
  const { config, fleet, split, share } = parts;
  const candidate: ArmTarget = {
    ...target(parts, "candidate"),
    firstByteTimeoutMs: config.rollback.candidateFirstByteSeconds * 1000,
  };
  const all = (arm: ArmName): readonly Worker[] => {
    const workers = fleet.workers().filter(membership(parts, arm));
    // One that was replaced, by a renewed key or certificate, ends what it has.
    const staying = workers.filter(({ state }) => state !== "draining");
    return staying.length > 0 ? staying : workers;
  };
  return {
    legacy: target(parts, "legacy"),
    candidate,
    weight: 0,
    released: false,
    mirror: undefined,
    waiting: new Set<Recallable>(),
    all,
    choose(key) {
      if (this.released) return "candidate";
      if (this.weight === 0) return "legacy";
      const arm = split.arm(key, this.weight);
      share.note(key.sessionKey ?? key.requestId, arm);
      // After a restart nobody has asked its workers yet: that is not the candidate's failure.
      const starting = arm === "candidate" && all("candidate").every(({ state }) => state === "starting");
      return starting ? "legacy" : arm;
    },
    mayCross() {
      return !this.released;
    },
    legEnded: parts.legEnded,
  };
}

function target(parts: PlanArmsParts, arm: ArmName): ArmTarget {
  const { config, deployments, fleet } = parts;
  const model = armModel({ plan: config, arm, deployments });
  const own = config[arm];
  if (own.kind === "endpoint") {
    const key = armKey({ plan: config, arm });
    return { model, arm, foreign: true, workers: () => armWorkers(fleet, key) };
  }
  const found = deployments.find(({ name }) => name === own.deployment);
  const served = found === undefined ? model : servedName(found);
  return { model, arm, workers: () => fleet.eligible(served, "any") };
}

function membership({ config }: PlanArmsParts, arm: ArmName): (worker: Worker) => boolean {
  const own = config[arm];
  if (own.kind === "deployment") return (worker) => worker.arm === undefined && worker.deployment === own.deployment;
  const key = armKey({ plan: config, arm });
  return (worker) => worker.arm === key;
}
