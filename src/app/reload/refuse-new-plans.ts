// A migration plan begins when its process starts: one that is added later is refused, not left aside.
import type { MigrationConfig } from "../../config/index.ts";
import { SwitchgearError } from "../../core/index.ts";

export function refuseNewPlans(before: readonly MigrationConfig[], now: readonly MigrationConfig[]): void {
  const added = now.find(({ name }) => !before.some((one) => one.name === name));
  if (added === undefined) return;
  throw new SwitchgearError("SWG_RELOAD_REFUSED", `needs a restart: migration plan ${added.name}`, {
    where: `${added.source.file}:${added.source.line}`,
    expected: "the plans that this process was started with",
  });
}
