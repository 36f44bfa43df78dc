// The JSON Schema that is shipped: the field tree with its notes as descriptions.
import { fieldTree } from "./field-tree.ts";

/** Draft 2020-12. Rules between fields are not in it; `switchgear validate` knows them. */
export function deploymentJsonSchema(): object {
  const { $schema, ...rest } = plain(fieldTree()) as Record<string, unknown>;
  const description = "A deployment of Switchgear. Fields: docs/reference/deployment.md.";
  return { $schema, title: "LLMDeployment", description, ...rest };
}

function plain(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(plain);
  if (typeof node !== "object" || node === null) return node;
  const { notes, ...rest } = node as { notes?: { effect: string; unit?: string } };
  const copy = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, plain(value)]));
  if (!notes) return copy;
  return { description: notes.unit === undefined ? notes.effect : `${notes.effect} (${notes.unit})`, ...copy };
}
