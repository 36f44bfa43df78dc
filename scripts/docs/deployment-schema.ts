// The JSON Schema of deployment files, for editors and other programs.
import { deploymentJsonSchema } from "../../src/config/index.ts";

export function deploymentSchemaFile(): string {
  return `${JSON.stringify(deploymentJsonSchema(), null, 2)}\n`;
}
