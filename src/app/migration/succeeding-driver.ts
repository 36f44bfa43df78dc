// A driver in a process that takes over from a running one: it follows the plan until that has let go of it, then drives.
import { type Timer, toError } from "../../core/index.ts";
import { initialState, NO_COUNTS } from "../../migration/index.ts";
import { auditLog } from "./audit-log.ts";
import { type Driver, type DriverOptions, startDriver } from "./driver.ts";
import { driverGround } from "./driver-parts.ts";
import { followPlan } from "./follow-plan.ts";
import { isPlanLocked } from "./lock-plan.ts";
import { planArms } from "./plan-arms.ts";
import { idleShadow } from "./idle-shadow.ts";

const LOOK_MS = 50;

/** Throws for what keeps the plan from being driven here: the process before it then goes on. */
export function succeedingDriver(options: DriverOptions): Driver {
  let driver = followingDriver(options);
  const { folder } = driver;
  const { clock, log, config } = options;
  let timer: Timer | undefined = clock.after(0, look);
  let told = "";

  function look(): void {
    if (!isPlanLocked(folder.path)) takeOver();
    else timer = clock.after(LOOK_MS, look);
  }

  function takeOver(): void {
    const before = driver;
    try {
      driver = startDriver(options);
    } catch (error) {
      const text = toError(error).message;
      if (text !== told) log.error({ plan: config.name, error: text }, "the plan cannot be taken over");
      told = text;
      timer = clock.after(LOOK_MS, look);
      return;
    }
    timer = undefined;
    void before.close();
    log.info({ plan: config.name, version: driver.state().version }, "the plan is driven here now");
  }

  return {
    config,
    folder,
    model: driver.model,
    get arms() {
      return driver.arms;
    },
    get shadow() {
      return driver.shadow;
    },
    state: () => driver.state(),
    share: () => driver.share(),
    unseen: () => driver.unseen(),
    faults: () => driver.faults(),
    audit: () => driver.audit(),
    series: () => driver.series(),
    command: (event) => driver.command(event),
    handOver: () => driver.handOver(),
    close() {
      timer?.cancel();
      return driver.close();
    },
  };
}

/** Its clients' requests are split as the other process splits them; all else is left to that one. */
function followingDriver(options: DriverOptions): Driver {
  const { config, clock } = options;
  const { plan, folder, model, share, split } = driverGround(options);
  const arms = planArms({ ...options, share, split, legEnded: () => undefined });
  const followed = followPlan({ logFile: folder.log, clock, arms, onEnded: () => undefined });
  const close = (): Promise<void> => Promise.resolve(followed.close());
  return {
    config,
    arms,
    folder,
    shadow: idleShadow(config),
    model,
    state: () => followed.state() ?? initialState(plan, clock.epoch()),
    share: () => share.reading(),
    unseen: () => ({ legacy: NO_COUNTS, candidate: NO_COUNTS }),
    faults: () => ["another process drives the plan until it has handed it over"],
    audit: () => auditLog(folder.audit).last(),
    series: () => [],
    command: () => ({ code: "not-now", text: "the plan is being handed over to this process: ask again" }),
    handOver: close,
    close,
  };
}
