// A faultless document → the frozen migration plan.
import { resolve } from "node:path";
import { deepFreeze } from "../deep-freeze.ts";
import type { EndpointTls } from "../pool.ts";
import { secret, type SecretSource } from "../secret.ts";
import type { DeploymentFile } from "../source-file.ts";
import type { ArmConfig, MigrationConfig, NotifyConfig } from "./migration-config.ts";
import type { MigrationDocument } from "./migration-schema.ts";

type ArmDocument = MigrationDocument["spec"]["legacy"];
type SecretDocument = { readonly env?: string | undefined; readonly file?: string | undefined };
type InFolder = (path: string) => string;

export function buildMigration({ metadata, spec }: MigrationDocument, file: DeploymentFile): MigrationConfig {
  const inFolder: InFolder = (path) => resolve(file.folder, path);
  const { schedule, gates, shadow, rollback, slo } = spec;
  return deepFreeze<MigrationConfig>({
    name: metadata.name,
    source: { file: file.file, line: file.place(file.root.value).line },
    legacy: buildArm(spec.legacy, inFolder),
    candidate: buildArm(spec.candidate, inFolder),
    schedule,
    gates,
    shadow,
    rollback,
    slo,
    notify: spec.notify.flatMap((one): NotifyConfig[] => {
      const url = one.url === undefined ? secretSource(one.urlFrom, inFolder) : given(one.url);
      return url === undefined ? [] : [{ url, form: one.form }];
    }),
  });
}

function buildArm(arm: ArmDocument, inFolder: InFolder): ArmConfig {
  const { models, gpus } = arm;
  if (arm.url === undefined) return { kind: "deployment", deployment: arm.deployment ?? "", models, gpus };
  const url = new URL(arm.url);
  const { tls } = arm;
  return {
    kind: "endpoint",
    url: arm.url,
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ""),
    key: secretSource(arm.keyFrom, inFolder),
    headers: Object.fromEntries(Object.entries(arm.headers).map(([name, value]) => [name.toLowerCase(), value])),
    tls: tls && tlsOf(tls, inFolder),
    models,
    gpus,
  };
}

function tlsOf(tls: NonNullable<ArmDocument["tls"]>, inFolder: InFolder): EndpointTls {
  const path = (one: string | undefined) => (one === undefined ? undefined : inFolder(one));
  return { ca: path(tls.ca), cert: path(tls.cert), key: path(tls.key), insecure: tls.insecure };
}

function secretSource(from: SecretDocument | undefined, inFolder: InFolder): SecretSource | undefined {
  if (from?.env !== undefined) return { from: "env", name: from.env };
  return from?.file === undefined ? undefined : { from: "file", path: inFolder(from.file) };
}

function given(value: string): SecretSource {
  return { from: "value", value: secret(value) };
}
