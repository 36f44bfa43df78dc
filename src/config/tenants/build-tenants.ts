// A faultless document → the frozen Tenants configuration.
import { resolve } from "node:path";
import { deepFreeze } from "../deep-freeze.ts";
import type { DeploymentFile } from "../source-file.ts";
import type { TenantsConfig } from "./tenants-config.ts";
import type { TenantsDocument } from "./tenants-schema.ts";

export function buildTenants({ metadata, spec }: TenantsDocument, file: DeploymentFile): TenantsConfig {
  const jwt = spec.jwt.map(({ jwksFile, ...one }) => ({
    ...one,
    ...(jwksFile !== undefined && { jwksFile: resolve(file.folder, jwksFile) }),
  }));
  const source = { file: file.file, line: file.place(file.root.value).line };
  return deepFreeze<TenantsConfig>({ ...spec, jwt, name: metadata.name, source });
}
