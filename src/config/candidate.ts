// A document on its way to being a deployment.
import type { Path } from "./position.ts";
import type { Problem } from "./problem.ts";
import type { DeploymentDocument } from "./schema.ts";
import type { DeploymentFile } from "./source-file.ts";

export interface CandidateDocument {
  readonly source: DeploymentFile;
  readonly document: DeploymentDocument;
  /** Paths that hold stand-ins for what was wrong. */
  readonly repaired: readonly Path[];
}

/** A problem of one candidate. */
export interface Finding {
  readonly of: CandidateDocument;
  readonly problem: Problem;
}
