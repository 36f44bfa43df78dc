// Tenants of a running gateway: store, keys, limits and ledger, and the parts of them that a reload replaces.
import { join } from "node:path";
import type { Asked, Client, Tenancy, Who } from "../../gateway/index.ts";
import {
  ANONYMOUS,
  breachOf,
  cacheSalt,
  type Identified,
  type Identifier,
  identifier,
  type KeyTable,
  keyTable,
  loadVerifier,
  mayUse,
  type QuotaHolder,
  type Quotas,
  quotas,
} from "../../admission/index.ts";
import { isNone, noTenants, type TenantConfig, type TenantDefaults, type TenantsConfig } from "../../config/index.ts";
import type { SharedKeys } from "../../cluster/index.ts";
import type { Clock } from "../../core/index.ts";
import { type Ledger, ledger, openStore, type TenantStore } from "../../state/index.ts";
import type { Log, Samples } from "../../telemetry/index.ts";
import { sharedSecret } from "../cluster/shared-secret.ts";
import { followKeys } from "./follow-keys.ts";
import { forgetUsage } from "./forget-usage.ts";
import { type Isolation, isolation, type IsolationParts } from "./isolation.ts";
import { pastUse } from "./past-use.ts";
import { sharedLimits } from "./shared-limits.ts";
import { tenantLabels } from "./tenant-labels.ts";

export interface Tenants {
  readonly tenancy: Tenancy;
  readonly store: TenantStore;
  readonly keys: KeyTable;
  readonly ledger: Ledger;
  readonly isolation: Isolation;
  readonly config: TenantsConfig;
  /** The same at all gateways that share a database, or a cluster. */
  readonly secret: Buffer;
  /** Who shows no proof of a tenant is served. */
  readonly servesAnybody: boolean;
  /** After a key was saved here. */
  readonly keysChanged: () => Promise<void>;
  readonly samples: Pick<Samples, "tenantBudgets" | "tenantSlo" | "ledger">;
  /** Makes all that may fail of a new configuration; the result puts it in force and tells whether it differs. */
  prepare(config: TenantsConfig | undefined): Promise<() => boolean>;
  close(): Promise<void>;
}

export interface TenantsOptions {
  /** Whose workers are checked for what salts do there. */
  readonly fleet?: IsolationParts["fleet"];
  readonly config: TenantsConfig | undefined;
  readonly stateDirectory: string;
  /** `postgres://…`: several gateways share keys, ledger and limits. */
  readonly databaseUrl: string | undefined;
  /** Of a cluster: without a database its gateways agree on one secret here. */
  readonly shared?: SharedKeys | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Without a limit of the client: what an answer is reserved as. */
const USUAL_OUTPUT_TOKENS = 512;
const MAX_CLIENTS = 100_000;

interface InForce {
  readonly config: TenantsConfig;
  readonly identifier: Identifier;
  readonly listed: ReadonlyMap<string, TenantConfig>;
  readonly salt: ReturnType<typeof cacheSalt>;
  /** By the id of a key, which is of one tenant. */
  readonly byKey: Map<string, OwnClient>;
  /** Who came without a key of ours. */
  readonly byTenant: Map<string, OwnClient>;
}

/** What is asked of a client with each request, looked up once. */
interface OwnClient extends Client {
  readonly settings: TenantDefaults;
  readonly holder: QuotaHolder;
}

const NO_WORKERS: IsolationParts["fleet"] = { workers: () => [], onChange: () => undefined };

export async function openTenants(options: TenantsOptions): Promise<Tenants> {
  const { fleet = NO_WORKERS, config, stateDirectory, databaseUrl, clock, log } = options;
  const store = await openStore(join(stateDirectory, "tenants.sqlite"), databaseUrl);
  const keys = keyTable();
  const labels = tenantLabels();
  const onChange = (): void => void resalt();
  const common = store.kind === "postgres" ? undefined : options.shared;
  const secret = sharedSecret({ shared: common, own: await store.secret(), clock, onChange });
  const make = (next: TenantsConfig): Promise<InForce> => putTogether(next, { keys, secret: secret.current });
  const book = ledger({ store, clock, log });
  const follow = await followKeys({ store, keys, clock, log });
  const first = config ?? noTenants();
  const shared =
    store.kind === "postgres" ? sharedLimits({ store, clock, log, whenDown: first.whenDatabaseIsDown }) : undefined;
  let inForce = await make(first);
  const limits = quotas({ config: first, clock, past: await pastUse(store, clock), share: shared });

  async function resalt(): Promise<void> {
    const { config: before } = inForce;
    const made = await make(before);
    // A reload that was quicker has made its own.
    if (inForce.config === before) inForce = made;
  }

  const forgetting = forgetUsage({ store, clock, log, keeping: () => inForce.config.ledger });

  const apart = isolation({
    fleet,
    clock,
    log,
    active: () => !inForce.identifier.idle && inForce.config.isolation.cacheSalt === "on",
  });

  function clientOf(tenant: string, keyId: string | undefined): Client {
    const { byKey, byTenant } = inForce;
    const known = keyId === undefined ? byTenant.get(tenant) : byKey.get(keyId);
    if (known !== undefined) return known;
    const clients = keyId === undefined ? byTenant : byKey;
    if (clients.size >= MAX_CLIENTS) clients.clear();
    const made = makeClient({ tenant, keyId, inForce, holder: limits.holder(), label: labels.of(tenant), apart });
    clients.set(keyId ?? tenant, made);
    return made;
  }

  function who(found: Identified): Who {
    if (found !== undefined && found !== "refused")
      return { kind: "client", client: clientOf(found.tenant, found.keyId) };
    const { anonymous, idle } = inForce.identifier;
    const client = idle && isNone(inForce.config) ? undefined : clientOf(ANONYMOUS, undefined);
    return found === "refused" ? { kind: "refused", client } : { kind: "nobody", client, served: anonymous };
  }

  return {
    store,
    keys,
    ledger: book,
    isolation: apart,
    get secret() {
      return secret.current;
    },
    get servesAnybody() {
      return inForce.identifier.anonymous;
    },
    get config() {
      return inForce.config;
    },
    keysChanged: () => follow.look(),
    samples: {
      ledger: () => book,
      tenantBudgets: () => labels.named(limits.budgets()),
      tenantSlo: () => labels.named(promised(inForce.config)),
    },
    tenancy: {
      identify({ headers, socket }) {
        const claimed = { authorization: headers.authorization, headers, remoteAddress: socket.remoteAddress };
        const found = inForce.identifier.identify(claimed, clock.epoch());
        return found instanceof Promise ? found.then(who) : who(found);
      },
      admit: (asked) => admit(limits, asked),
      finished: (used) => book.add({ ...used, cost: used.cost ?? 0 }),
    },
    async prepare(wanted) {
      const next = wanted ?? noTenants();
      const made = await make(next);
      await book.flush();
      // A database that is away keeps no configuration out: what was counted here goes on.
      const past = await pastUse(store, clock).catch(() => undefined);
      return () => {
        const changed = JSON.stringify(bare(next)) !== JSON.stringify(bare(inForce.config));
        if (changed) limits.renew(next, past);
        inForce = made;
        shared?.renew(next.whenDatabaseIsDown);
        return changed;
      };
    },
    async close() {
      secret.close();
      follow.close();
      forgetting.close();
      apart.close();
      await book.close();
      await shared?.close();
      await store.close();
    },
  };
}

async function putTogether(
  config: TenantsConfig,
  { keys, secret }: { readonly keys: KeyTable; readonly secret: Buffer },
): Promise<InForce> {
  // Loaded only where tokens are used.
  const tokens = config.jwt.length === 0 ? undefined : await loadVerifier(config.jwt);
  return {
    config,
    identifier: identifier({ config, keys, tokens }),
    listed: new Map(config.tenants.map((one) => [one.name, one])),
    salt: cacheSalt(secret, config),
    byKey: new Map(),
    byTenant: new Map(),
  };
}

/** A line that moved is no change. */
function bare({ source: _source, ...rest }: TenantsConfig): object {
  return rest;
}

interface ClientParts {
  readonly tenant: string;
  readonly keyId: string | undefined;
  readonly inForce: Pick<InForce, "config" | "listed" | "salt">;
  readonly holder: QuotaHolder;
  readonly label: string;
  readonly apart: Pick<Isolation, "salts">;
}

function makeClient({
  tenant,
  keyId,
  inForce: { config, listed, salt },
  holder,
  label,
  apart,
}: ClientParts): OwnClient {
  const own = listed.get(tenant);
  const settings = own ?? config.defaults;
  const { limits, models, routeHeader, weight, priority, slo, sloHeader } = settings;
  const keyLimits = keyId === undefined ? {} : settings.keyLimits;
  const outputs = [limits.maxOutputTokens, keyLimits.maxOutputTokens].filter((one) => one !== undefined);
  const usual = tenant === ANONYMOUS ? undefined : salt({ tenant, own: undefined }, own?.sharingGroup);
  return {
    tenant,
    keyId,
    settings,
    holder,
    weight,
    priority,
    label,
    slo,
    sloHeader,
    routeHeader,
    maxOutputTokens(model) {
      const most = Math.min(...outputs, models[model]?.maxOutputTokens ?? Number.POSITIVE_INFINITY);
      return Number.isFinite(most) ? most : undefined;
    },
    mayUse: (names) => mayUse(limits, names) && mayUse(keyLimits, names),
    salt(model, sent) {
      if (usual === undefined || !apart.salts(model)) return undefined;
      return sent === undefined ? usual : salt({ tenant, own: sent }, own?.sharingGroup);
    },
    saltsLegacy: config.isolation.legacyArm === "on",
  };
}

/** Only what is a tenant's own; the model's is shown with the model. */
function promised({ tenants }: TenantsConfig): { readonly tenant: string; readonly availabilityTarget: number }[] {
  return tenants.flatMap(({ name, slo: { availabilityTarget } }) =>
    availabilityTarget === undefined ? [] : [{ tenant: name, availabilityTarget }],
  );
}

function admit(limits: Quotas, asked: Asked): ReturnType<Tenancy["admit"]> {
  const { names, model, fields, maxTokens, n, inputTokens, exact } = asked;
  // Each client of this gateway was made above.
  const { tenant, keyId, settings, holder } = asked.client as OwnClient;
  const wish = { models: names, fields, maxTokens, n, inputTokens, exact };
  const breach =
    breachOf(settings.limits, wish) ??
    (keyId === undefined ? undefined : breachOf(settings.keyLimits, wish)) ??
    (settings.models[model] === undefined ? undefined : breachOf(settings.models[model], wish));
  if (breach !== undefined) return breach;
  const outputTokens = (maxTokens ?? USUAL_OUTPUT_TOKENS) * n;
  return limits.admit({ holder, tenant, keyId, model, inputTokens, outputTokens });
}
