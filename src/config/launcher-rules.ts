// What the fields of `spec.launcher` must agree on.
import type { Problem } from "./problem.ts";
import type { DeploymentDocument } from "./schema.ts";

/** A device that is listed twice would be given to two workers, or twice to one. */
export function launcherRules({ spec: { launcher } }: DeploymentDocument): Problem[] {
  const devices = launcher.gpus.devices ?? [];
  const seen = new Set<string>();
  return devices.flatMap(({ id: value }, i): Problem[] => {
    if (!seen.has(value)) {
      seen.add(value);
      return [];
    }
    const path = ["spec", "launcher", "gpus", "devices", i, "id"];
    return [
      { severity: "error", code: "conflict", path, message: "is listed twice", value, expected: "each GPU once" },
    ];
  });
}
