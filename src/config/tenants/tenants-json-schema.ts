// The JSON Schema of Tenants files that is shipped.
import * as z from "zod";
import { tenantsSchema } from "./tenants-schema.ts";

/** Draft 2020-12. Rules between fields are not in it; `switchgear validate` knows them. */
export function tenantsJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(tenantsSchema, { io: "input", target: "draft-2020-12" });
  return { $schema, title: "Tenants", description: "Tenants of Switchgear, their limits and proofs.", ...rest };
}
