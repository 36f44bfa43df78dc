// Puts a reload in force: workers, models, limits, keys and event feeds of the running gateway, all in one turn.
import type { Deployment, MigrationConfig, TenantsConfig } from "../../config/index.ts";
import type { Clock } from "../../core/index.ts";
import type { Fleet } from "../../fleet/index.ts";
import type { Gateway } from "../../gateway/index.ts";
import type { Log, Metrics } from "../../telemetry/index.ts";
import { frontOptions, watchFront } from "../front/front-files.ts";
import { armFiles } from "../migration/arm-specs.ts";
import type { KvFeeds } from "../kv-feeds.ts";
import type { Roster } from "../roster.ts";
import { type Reloader, reloader } from "./reloader.ts";
import type { Tenants } from "../tenants/tenants.ts";
import { workerFiles } from "../worker-tls.ts";
import { replan } from "./replan.ts";
import type { ServedModels } from "./served-models.ts";
import { watchFiles } from "./watch-files.ts";

export interface ReloadParts {
  readonly deployments: readonly Deployment[];
  readonly load: () => readonly Deployment[];
  readonly plans: readonly MigrationConfig[];
  readonly roster: Roster;
  readonly fleet: Fleet;
  readonly feeds: KvFeeds;
  readonly models: ServedModels;
  readonly gateway: Gateway;
  readonly tenants: Pick<Tenants, "prepare">;
  /** As last loaded. */
  readonly tenantsConfig: () => TenantsConfig | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Reloads extends Reloader {
  close(): void;
}

export function startReloads(parts: ReloadParts): Reloads {
  const { fleet, roster, feeds, models, gateway } = parts;
  const made = reloader({ ...parts, prepare });
  let watched = watchAll(parts.deployments);

  async function prepare(next: readonly Deployment[]): Promise<() => boolean> {
    const commitModels = await models.prepare(next);
    const commitTenants = await parts.tenants.prepare(parts.tenantsConfig());
    const keys = next[0] && frontOptions(next[0].gateway).keys;
    const plan = () =>
      replan(next, { before: roster.specs, taken: fleet.workers().map(({ id }) => id), plans: parts.plans });
    const before = roster.specs;
    const prepared = plan();
    return () => {
      // Autoscaling may have changed the workers meanwhile.
      const planned = roster.specs === before ? prepared : plan();
      const changed = [commitTenants(), JSON.stringify(planned) !== JSON.stringify(roster.specs)].some(Boolean);
      commitModels();
      roster.replace(planned, next);
      feeds.update(next);
      if (keys) gateway.renewKeys(keys);
      watched.close();
      watched = watchAll(next);
      return changed;
    };
  }

  /** A renewed certificate or key of a worker, or of tokens, is a reload; those of clients only change the front. */
  function watchAll(deployments: readonly Deployment[]): { close(): void } {
    const front = watchKeys(parts, deployments);
    const keysOfTokens = parts.tenantsConfig()?.jwt.flatMap(({ jwksFile = [] }) => jwksFile) ?? [];
    const paths = [...workerFiles(deployments), ...armFiles(parts.plans), ...keysOfTokens];
    const named = watchFiles({ paths, clock: parts.clock, onChange: () => void made.reload("files of keys") });
    return {
      close: () => {
        front.close();
        named.close();
      },
    };
  }

  return {
    reload: (cause) => made.reload(cause),
    get last() {
      return made.last;
    },
    get deployments() {
      return made.deployments;
    },
    close: () => watched.close(),
  };
}

function watchKeys(parts: ReloadParts, [first]: readonly Deployment[]): { close(): void } {
  return first === undefined ? { close: () => undefined } : watchFront({ ...parts, settings: first.gateway });
}
