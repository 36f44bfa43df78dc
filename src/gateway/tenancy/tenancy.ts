// What the gateway asks about tenants; a reload changes what stands behind it.
import type { IncomingMessage } from "node:http";
import type { SloObjectives } from "../slo.ts";
import type { Denied, Grant, PriorityClass, TokenCounts } from "../../admission/index.ts";

/** Who asks, as far as a request's life needs to know. */
export interface Client {
  readonly tenant: string;
  readonly keyId: string | undefined;
  /** Share of the workers' time beside other tenants'; default 1. */
  readonly weight?: number | undefined;
  /** Default: `default`. */
  readonly priority?: PriorityClass | undefined;
  /** Its name in metrics, of which there are not more than a page can bear. */
  readonly label: string;
  /** What is promised to it, in place of what the model promises. */
  readonly slo?: Partial<SloObjectives> | undefined;
  /** `x-slo-ttft-ms` counts, where the deployment reads it. Default: true. */
  readonly sloHeader?: boolean | undefined;
  /** Its answers tell where they come from. */
  readonly routeHeader: boolean;
  /** Longest output of a request. */
  maxOutputTokens(model: string): number | undefined;
  /** By any name of a model. */
  mayUse(names: readonly string[]): boolean;
  /** `own`: what the client sent. Undefined = the body stays as it is. */
  salt(model: string, own: string | undefined): string | undefined;
  /** The salt goes to the legacy arm, too. */
  readonly saltsLegacy: boolean;
}

export interface UsedRequest extends TokenCounts {
  readonly id: string;
  /** Epoch ms of its arrival. */
  readonly at: number;
  readonly tenant: string;
  readonly keyId: string | undefined;
  readonly model: string;
  readonly outcome: string;
  readonly status: number;
  readonly latencyMs: number;
  readonly estimated: boolean;
  /** Billionths of the money unit; undefined = by the prices in force. */
  readonly cost: number | undefined;
}

export interface Asked {
  readonly client: Client;
  readonly model: string;
  readonly names: readonly string[];
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  readonly inputTokens: number;
  readonly exact: boolean;
  readonly maxTokens: number | undefined;
  readonly n: number;
}

export interface TenancyBreach {
  readonly status: number;
  readonly code: string;
  readonly param: string;
  readonly message: string;
}

export interface Tenancy {
  /** Undefined = no proof; refused = a wrong one. `open`: requests without proof are served, their client is undefined while nobody is a tenant. */
  identify(request: IncomingMessage): Who | Promise<Who>;
  admit(asked: Asked): Grant | Denied | TenancyBreach;
  finished(used: UsedRequest): void;
}

export type Who =
  | { readonly kind: "client"; readonly client: Client }
  /** No proof. `client`: what such requests are served as, where they are. */
  | { readonly kind: "nobody"; readonly client: Client | undefined; readonly served: boolean }
  /** `client`: what it is served as where another proof counts. */
  | { readonly kind: "refused"; readonly client: Client | undefined };
