// NOTICE: whose work an installation contains, and under which licence.
import { copyrightLines, type ShippedPackage, shippedPackages } from "./shipped-packages.ts";

const HEAD = `Switchgear
Licensed under the Apache License, Version 2.0; see LICENSE.

An installation contains the following packages, each under its own licence,
whose text is in the package's folder in node_modules. Written by \`npm run docs\`
from package-lock.json; what belongs to one platform only is listed for all.
`;

export function notice(): string {
  return `${HEAD}\n${shippedPackages().map(entry).join("\n")}`;
}

function entry(one: ShippedPackage): string {
  const holders = copyrightLines(one).map((line) => `  ${line}\n`);
  return `${one.name} ${one.version}: ${one.licence}\n${holders.join("")}`;
}
