// Where a field of a built deployment stands in its file; for complaints that are made after loading.
import type { Deployment, DeploymentSource } from "./deployment.ts";
import { locate, type Path } from "./position.ts";
import type { DeploymentFile } from "./source-file.ts";

export interface Where {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

// Beside the deployments, not in them: they stay plain data. By source, which a changed copy of a deployment keeps.
const files = new WeakMap<DeploymentSource, DeploymentFile>();

export function rememberFile(deployment: Deployment, file: DeploymentFile): Deployment {
  files.set(deployment.source, file);
  return deployment;
}

/** A field that is not written stands where its nearest parent does. */
export function whereIs(deployment: Deployment, path: Path): Where {
  const file = files.get(deployment.source);
  if (!file) return { ...deployment.source, column: 1 };
  return { file: file.file, ...file.place(locate(file.root, path).position.key) };
}
