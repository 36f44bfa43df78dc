// Endpoints of a migration plan as workers to watch: in no pool that clients can name.
import {
  type ArmConfig,
  type Deployment,
  type EndpointArm,
  type MigrationConfig,
  readSecret,
} from "../../config/index.ts";
import type { WorkerSpec } from "../../fleet/index.ts";
import { stepCost } from "../../model/index.ts";
import { chooseProfile } from "../choose-profile.ts";
import { servedName } from "../gateway-models.ts";
import { readWorkerTls } from "../worker-tls.ts";

export type ArmName = "legacy" | "candidate";

export interface ArmPlace {
  readonly plan: MigrationConfig;
  readonly arm: ArmName;
  readonly deployments: readonly Deployment[];
}

export function armKey({ plan, arm }: Pick<ArmPlace, "plan" | "arm">): string {
  return `${plan.name}/${arm}`;
}

/** The deployment whose names clients use: what serves them today, if it is one of ours. */
export function clientDeployment(plan: MigrationConfig, deployments: readonly Deployment[]): Deployment {
  const arm = plan.legacy.kind === "deployment" ? plan.legacy : plan.candidate;
  const name = arm.kind === "deployment" ? arm.deployment : "";
  const found = deployments.find((one) => one.name === name);
  // Config refuses it; only a reload that drops the deployment could come here, and it is refused too.
  if (found === undefined) throw new RangeError(`no deployment ${name} for the plan ${plan.name}`);
  return found;
}

/** What the model is called on an arm. */
export function armModel({ plan, arm, deployments }: ArmPlace): string {
  const client = servedName(clientDeployment(plan, deployments));
  const config: ArmConfig = plan[arm];
  const mapped = config.models[client];
  if (mapped !== undefined) return mapped;
  const own = config.kind === "deployment" && deployments.find((one) => one.name === config.deployment);
  return own ? servedName(own) : client;
}

export function armSpecs(plans: readonly MigrationConfig[], deployments: readonly Deployment[]): WorkerSpec[] {
  return plans.flatMap((plan) =>
    (["legacy", "candidate"] as const).flatMap((arm) => {
      const config = plan[arm];
      return config.kind === "endpoint" ? [endpointSpec(config, { plan, arm, deployments })] : [];
    }),
  );
}

function endpointSpec(endpoint: EndpointArm, place: ArmPlace): WorkerSpec {
  const client = clientDeployment(place.plan, place.deployments);
  const pool = client.pools[0];
  if (pool === undefined) throw new RangeError(`deployment ${client.name} has no pool`);
  const { profile } = chooseProfile(client, pool);
  return {
    id: `${place.plan.name}-${place.arm}`,
    deployment: place.plan.name,
    model: armModel(place),
    aliases: [],
    role: "both",
    arm: armKey(place),
    origin: endpoint.origin,
    basePath: endpoint.basePath,
    headers: endpoint.headers,
    ...secretsOf(endpoint),
    labels: {},
    cost: stepCost(profile),
    // A frontend before many workers has no limit that is known here.
    maxSequences: undefined,
    maxModelLen: undefined,
    kvBlocks: undefined,
    kvEvents: false,
  };
}

/** Read from files that may be renewed. */
function secretsOf({ key, tls, origin }: EndpointArm): Pick<WorkerSpec, "key" | "tls"> {
  return { key: key && readSecret(key).reveal(), tls: tls && readWorkerTls(tls, origin) };
}

/** An arm's endpoint with its certificates and key as they are now. The rest is the plan's that was begun, not its file's. */
export function renewedArm(spec: WorkerSpec, plans: readonly MigrationConfig[]): WorkerSpec {
  const found = endpointArms(plans).find(({ key }) => key === spec.arm);
  return found === undefined ? spec : { ...spec, ...secretsOf(found.endpoint) };
}

/** What is read from beside the plans' files to reach the arms. */
export function armFiles(plans: readonly MigrationConfig[]): readonly string[] {
  const files = endpointArms(plans).flatMap(({ endpoint: { tls, key } }) => [
    tls?.ca,
    tls?.cert,
    tls?.key,
    key?.from === "file" ? key.path : undefined,
  ]);
  return [...new Set(files.filter((one) => one !== undefined))];
}

function endpointArms(plans: readonly MigrationConfig[]): { key: string; endpoint: EndpointArm }[] {
  return plans.flatMap((plan) =>
    (["legacy", "candidate"] as const).flatMap((arm) => {
      const endpoint = plan[arm];
      return endpoint.kind === "endpoint" ? [{ key: armKey({ plan, arm }), endpoint }] : [];
    }),
  );
}
