// The shape of a Tenants file: who may ask, how they prove it, and what they may use.
import * as z from "zod";
import { API_VERSION } from "../schema.ts";
import { limitsShape } from "./limits-shape.ts";

const TENANT_NAME = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;
const text = z.string().min(1).max(4096);
const tenantName = z.string().regex(TENANT_NAME);

const jwtShape = z.strictObject({
  issuer: text.describe("Claim `iss`."),
  audience: text.describe("Claim `aud`."),
  jwksUrl: z
    .string()
    .regex(/^https:\/\/|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/)
    .optional()
    .describe("Where its public keys are: https, or http on this machine."),
  jwksFile: text.optional().describe("A file with them, instead of the address."),
  claim: z.string().min(1).max(128).default("tenant").describe("The claim that names the tenant."),
  algorithms: z
    .array(z.enum(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]))
    .min(1)
    .default(["RS256", "ES256", "EdDSA"])
    .describe("Signatures that are accepted; never `none`, never shared secrets."),
  clockToleranceSeconds: z.number().min(0).max(300).default(30).describe("By which clocks may differ."),
});

const trustedHeaderShape = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/)
    .describe("Header that names the tenant."),
  from: z
    .array(z.string().regex(/^[0-9A-Fa-f.:]+(\/\d{1,3})?$/))
    .min(1)
    .max(100)
    .describe("Addresses, or ranges such as 10.0.0.0/8, of proxies that may set it; from others it is ignored."),
});

const priceShape = z.strictObject({
  inputPerMillion: z.number().min(0).max(1_000_000).default(0).describe("Of prompt tokens that were not cached."),
  cachedPerMillion: z
    .number()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe("Of cached prompt tokens; as input by default."),
  outputPerMillion: z.number().min(0).max(1_000_000).default(0).describe("Of generated tokens."),
});

const tenantShape = z.strictObject({
  name: tenantName.describe("Name of the tenant."),
  sharingGroup: tenantName
    .optional()
    .describe("Tenants of one group share prefix caches: each may then learn, by timing, what another has asked."),
  weight: z.number().gt(0).max(1000).default(1).describe("Share of the workers' time when all places are taken."),
  priority: z
    .enum(["system", "interactive", "default", "batch"])
    .default("default")
    .describe("Class in which its requests wait."),
  slo: z
    .strictObject({
      ttftP99Ms: z.number().gt(0).max(3_600_000).optional().describe("Time to first token, 99 % of its streams."),
      itlP99Ms: z.number().gt(0).max(3_600_000).optional().describe("Gap between tokens, 99 % of its streams."),
      availabilityTarget: z.number().gt(0).lt(1).optional().describe("Share of its requests that are answered."),
    })
    .prefault({})
    .describe(
      "What is promised to it, each in place of the model's `spec.slo`: for admission, routing, autoscaling, metrics and alerts.",
    ),
  sloHeader: z
    .boolean()
    .default(true)
    .describe("Its `x-slo-ttft-ms` counts, where the deployment has `gateway.admission.sloHeader`."),
  routeHeader: z.boolean().default(false).describe("Its answers carry x-switchgear-route, which names workers."),
  limits: limitsShape.prefault({}).describe("Of all its requests together."),
  keyLimits: limitsShape.prefault({}).describe("Of each of its keys."),
  models: z.record(z.string(), limitsShape).default({}).describe("Limits by model, in addition."),
});

export const tenantsSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION).describe("Names this format."),
  kind: z.literal("Tenants").describe("Names this kind of document."),
  metadata: z.strictObject({ name: tenantName.describe("Name of the document.") }),
  spec: z.strictObject({
    anonymous: z
      .enum(["auto", "allow", "deny"])
      .default("auto")
      .describe("Requests without proof of a tenant; auto: only while there is neither a tenant nor a key."),
    isolation: z
      .strictObject({
        cacheSalt: z
          .enum(["on", "off"])
          .default("on")
          .describe("Gives each tenant a cache_salt of its own, so that no prompt finds another tenant's blocks."),
        legacyArm: z
          .enum(["on", "off"])
          .default("off")
          .describe("The same on the legacy arm of a migration; it empties the cache that serves today."),
        epoch: z
          .int()
          .min(0)
          .max(1_000_000)
          .default(0)
          .describe("Another number gives other salts: all caches start cold."),
      })
      .prefault({})
      .describe("What keeps tenants apart."),
    jwt: z.array(jwtShape).max(20).default([]).describe("Tokens of identity providers."),
    trustedHeader: trustedHeaderShape.optional().describe("A proxy in front that knows its clients."),
    prices: z.record(z.string(), priceShape).default({}).describe("By served model name; for budgets and the ledger."),
    ledger: z
      .strictObject({
        keepDays: z
          .int()
          .min(1)
          .max(36_500)
          .default(90)
          .describe("Rows of single requests; older ones become sums of their day."),
        keepSumsDays: z
          .int()
          .min(62)
          .max(36_500)
          .default(1100)
          .describe("Sums of days by tenant, key and model, from which the monthly report is made."),
      })
      .prefault({})
      .describe("How long the ledger keeps what it knows."),
    whenDatabaseIsDown: z
      .enum(["open", "closed"])
      .default("open")
      .describe("Beyond what is leased: open serves by this gateway's own counts, closed refuses with 503."),
    defaults: tenantShape
      .omit({ name: true, sharingGroup: true })
      .prefault({})
      .describe("For tenants that are not listed: those of keys and tokens."),
    tenants: z.array(tenantShape).max(100_000).default([]).describe("The tenants."),
  }),
});

export type TenantsDocument = z.output<typeof tenantsSchema>;
