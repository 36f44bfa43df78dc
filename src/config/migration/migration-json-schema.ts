// The JSON Schema of migration plans that is shipped.
import * as z from "zod";
import { migrationSchema } from "./migration-schema.ts";

/** Draft 2020-12. Rules between fields are not in it; `switchgear validate` knows them. */
export function migrationJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(migrationSchema, { io: "input", target: "draft-2020-12" });
  return { $schema, title: "MigrationPlan", description: "A migration plan of Switchgear.", ...rest };
}
