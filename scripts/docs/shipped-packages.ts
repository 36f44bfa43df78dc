// The packages that an installation of ours brings along, as package-lock.json pins them.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Subresource integrity, `sha512-…`. */
  readonly integrity: string;
  /** Names of its own dependencies, optional ones included. */
  readonly needs: readonly string[];
  /** Folder in the repo. */
  readonly folder: string;
}

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** By name, then version. */
export function shippedPackages(): ShippedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, Locked>>;
  };
  return Object.entries(packages)
    .filter(([folder, locked]) => folder !== "" && locked.dev !== true)
    .map(([folder, locked]) => shipped(folder, locked))
    .sort((a, b) => compare(`${a.name}@${a.version}`, `${b.name}@${b.version}`));
}

function shipped(folder: string, locked: Locked): ShippedPackage {
  const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
  const { version, license = "unknown", integrity = "" } = locked;
  const needs = Object.keys({ ...locked.dependencies, ...locked.optionalDependencies });
  return { name, version, licence: license, integrity, needs, folder };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The lines of a package's licence that name who holds the copyright; none where the package is not installed or names nobody. */
export function copyrightLines({ folder }: ShippedPackage): string[] {
  const lines = licenceTexts(join(ROOT, folder)).flatMap((text) => text.split("\n"));
  const holders = lines.map((line) => line.trim()).filter((line) => /^copyright (\(c\)|©|\d{4}|the )/i.test(line));
  return [...new Set(holders)];
}

function licenceTexts(folder: string): string[] {
  try {
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    return files.toSorted().map((file) => readFileSync(join(folder, file), "utf8"));
  } catch {
    return [];
  }
}
