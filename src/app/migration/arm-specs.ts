// Endpoints of a migration plan as workers to watch: in no pool that clients can name.
import { readFileSync } from "node:fs";
import {
  type ArmConfig,
  type Deployment,
  type EndpointArm,
  type MigrationConfig,
  readSecret,
} from "../../config/index.ts";
import type { WorkerSpec, WorkerTls } from "../../fleet/index.ts";
import { stepCost } from "../../model/index.ts";
import { chooseProfile } from "../choose-profile.ts";
import { servedName } from "../gateway-models.ts";

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
    key: endpoint.key && readSecret(endpoint.key).reveal(),
    headers: endpoint.headers,
    tls: endpoint.tls && readTls(endpoint.tls),
    labels: {},
    cost: stepCost(profile),
    // A frontend before many workers has no limit that is known here.
    maxSequences: undefined,
    maxModelLen: undefined,
    kvBlocks: undefined,
    kvEvents: false,
  };
}

function readTls({ ca, cert, key, insecure }: NonNullable<EndpointArm["tls"]>): WorkerTls {
  const pem = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readFileSync(path, "utf8");
  return { ca: pem(ca), cert: pem(cert), key: pem(key), verify: !insecure };
}
