// sbom.cdx.json: what an installation consists of, as CycloneDX 1.5. `npm sbom` writes a time and a random number into it; this does not.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type ShippedPackage, shippedPackages } from "./shipped-packages.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

export function sbom(): string {
  const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8")) as Manifest;
  const packages = shippedPackages();
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": reference(manifest),
        name: manifest.name,
        version: manifest.version,
        description: manifest.description,
        licenses: licences(manifest.license),
        purl: purl(manifest),
      },
    },
    components: packages.map(component),
    dependencies: [
      { ref: reference(manifest), dependsOn: references(Object.keys(manifest.dependencies), packages) },
      ...packages.map((one) => ({ ref: reference(one), dependsOn: references(one.needs, packages) })),
    ],
  };
  return `${JSON.stringify(bom, undefined, 2)}\n`;
}

interface Named {
  readonly name: string;
  readonly version: string;
}

function component(one: ShippedPackage): object {
  const [algorithm = "", digest = ""] = one.integrity.split("-");
  const content = Buffer.from(digest, "base64").toString("hex");
  return {
    type: "library",
    "bom-ref": reference(one),
    name: one.name,
    version: one.version,
    licenses: licences(one.licence),
    purl: purl(one),
    hashes: [{ alg: algorithm.toUpperCase().replace("SHA", "SHA-"), content }],
  };
}

/** A single SPDX id, or an expression of several. */
function licences(licence: string): object[] {
  return / (AND|OR|WITH) /.test(licence) ? [{ expression: licence }] : [{ license: { id: licence } }];
}

function reference({ name, version }: Named): string {
  return `${name}@${version}`;
}

function purl({ name, version }: Named): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** Of a name that is there in several versions, all. */
function references(names: readonly string[], packages: readonly ShippedPackage[]): string[] {
  const wanted = new Set(names);
  return [...new Set(packages.filter(({ name }) => wanted.has(name)).map(reference))];
}
