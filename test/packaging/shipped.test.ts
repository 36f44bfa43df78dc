// The bill of materials and NOTICE name each package that an installation brings along, and no other.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { npm } from "./npm.ts";

const ROOT = resolve(import.meta.dirname, "../..");

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[];
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
}

interface Bom {
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Listed {
  readonly dependencies?: Readonly<Record<string, Listed & { readonly version?: string }>>;
}

const bom = JSON.parse(text("sbom.cdx.json")) as Bom;
const names = bom.components.map(({ name, version }) => `${name}@${version}`);

test("the bill of materials has what npm itself says is shipped", () => {
  // Not `npm sbom`, which leaves out what a development dependency needs as well.
  const run = npm(["ls", "--package-lock-only", "--omit=dev", "--all", "--json"], ROOT);
  assert.equal(run.status, 0, run.output);
  assert.deepEqual(names.toSorted(), [...listed(JSON.parse(run.output) as Listed)].toSorted());
});

test("each direct dependency is in it, and the graph reaches every component from us", () => {
  const { dependencies } = JSON.parse(text("package.json")) as { dependencies: Record<string, string> };
  for (const [name, version] of Object.entries(dependencies)) assert.ok(names.includes(`${name}@${version}`), name);
  const graph = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const reached = new Set<string>();
  const visit = (ref: string): void => {
    if (reached.has(ref)) return;
    reached.add(ref);
    for (const next of graph.get(ref) ?? assert.fail(`${ref} has no line`)) visit(next);
  };
  visit(bom.dependencies[0]?.ref ?? "");
  assert.deepEqual(
    names.filter((name) => !reached.has(name)),
    [],
  );
});

test("each component has a licence that is not viral, a hash and a package URL", () => {
  for (const { name, version, licenses, hashes, purl } of bom.components) {
    const licence = licenses[0]?.license?.id ?? licenses[0]?.expression ?? "";
    assert.match(licence, /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|MPL-2\.0|BlueOak-1\.0\.0)( |\)|$)/, name);
    assert.match(hashes[0]?.content ?? "", /^[0-9a-f]{128}$/, name);
    assert.equal(purl, `pkg:npm/${name.replace("@", "%40")}@${version}`);
  }
});

test("NOTICE names each of them with its licence", () => {
  const notice = text("NOTICE");
  for (const { name, version, licenses } of bom.components)
    assert.ok(notice.includes(`\n${name} ${version}: ${licenses[0]?.license?.id ?? licenses[0]?.expression}\n`), name);
});

function listed(from: Listed): Set<string> {
  const found = new Set<string>();
  for (const [name, one] of Object.entries(from.dependencies ?? {})) {
    if (one.version !== undefined) found.add(`${name}@${one.version}`);
    for (const deeper of listed(one)) found.add(deeper);
  }
  return found;
}

function text(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}
