// Every field of a deployment file with what is said of it; the reference page is made of this.
import { expectedOf, type FieldNode, walkFields } from "./field-tree.ts";

export interface DeploymentField {
  /** `spec.serving.{pool}.replicas`; entries of a list as `endpoints[].url`. */
  readonly path: string;
  /** Holds further fields; has no value of its own. */
  readonly isSection: boolean;
  readonly expected: string;
  readonly fallback: string;
  readonly effect: string;
  readonly origin: string;
  readonly unit: string | undefined;
  readonly processWide: boolean;
  /** Title of the test that proves the effect. */
  readonly test: string | undefined;
}

/** The three pools have the same fields; those that all have stand once, as `{pool}`. */
export function deploymentFields(): readonly DeploymentField[] {
  const fields = new Map<string, DeploymentField>();
  walkFields((path, node) => {
    const shown = canonical(path);
    if (!fields.has(shown)) fields.set(shown, describe(shown, node));
  });
  return [...fields.values()];
}

const POOL = /^spec\.serving\.(workers|prefill|decode)\./;

function canonical(path: readonly string[]): string {
  const shown = path.join(".");
  const onlyWorkers = /\.(min|max)Replicas$/.test(shown);
  return onlyWorkers ? shown : shown.replace(POOL, "spec.serving.{pool}.");
}

function describe(path: string, node: FieldNode): DeploymentField {
  const { notes } = node;
  const required = node.default === undefined && notes?.fallback === undefined;
  const fallback = notes?.fallback ?? (required ? "**required**" : `\`${JSON.stringify(node.default)}\``);
  return {
    path,
    isSection: hasFields(node),
    expected: expectedOf(node),
    fallback,
    effect: notes?.effect ?? "",
    origin: notes?.origin ?? "",
    unit: notes?.unit,
    processWide: notes?.processWide ?? false,
    test: notes?.test,
  };
}

function hasFields(node: FieldNode): boolean {
  return node.properties !== undefined || node.items?.properties !== undefined || (node.anyOf ?? []).some(hasFields);
}
