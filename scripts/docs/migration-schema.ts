// The JSON Schema of migration plans, for editors and other programs.
import { migrationJsonSchema } from "../../src/config/index.ts";

export function migrationSchemaFile(): string {
  return `${JSON.stringify(migrationJsonSchema(), null, 2)}\n`;
}
