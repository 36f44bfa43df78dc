// No option is taken and then ignored: one whose help begins with other actions is refused.
import type { Command } from "commander";
import { SwitchgearError } from "../core/index.ts";

const ACTIONS = /^([a-z]+(?:, [a-z]+)*): /;

/** `status: …` in an option's help says that only `status` takes it. */
export function refuseIdleOptions(command: Command, action: string): void {
  for (const option of command.options) {
    const takers = ACTIONS.exec(option.description)?.[1]?.split(", ");
    if (takers === undefined || takers.includes(action)) continue;
    if (command.getOptionValueSource(option.attributeName()) !== "cli") continue;
    throw new SwitchgearError("SWG_USAGE", `${option.long} means nothing to ${action}`, {
      where: `switchgear ${command.name()} ${action}`,
      value: option.long,
      expected: `${takers.join(" or ")} beside it`,
    });
  }
}
