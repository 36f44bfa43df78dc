// Completes package-lock.json with the other platforms' optional packages, which the registry at hand may not serve. Run after every `npm install`.
// Without them `npm ci` refuses the lock ("Missing: … from lock file"). Plain JS: runs on any Node.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));

const systems = {
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  openharmony: "openharmony",
  win32: "win32",
};
const processors = {
  arm64: "arm64",
  "arm-": "arm",
  arm: "arm",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  x64: "x64",
  ia32: "ia32",
  wasm32: "wasm32",
};

const first = (table, name) => Object.entries(table).find(([word]) => name.includes(word))?.[1];

for (const [path, parent] of Object.entries(lock.packages)) {
  if (path === "" || !parent.optionalDependencies) continue;
  for (const [name, version] of Object.entries(parent.optionalDependencies)) {
    const known = Object.keys(lock.packages).some((p) => p.endsWith(`node_modules/${name}`));
    if (known) continue;
    const os = first(systems, name);
    const cpu = first(processors, name.split("/").at(-1));
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(cpu && { cpu: [cpu] }),
      ...(parent.dev && { dev: true }),
      optional: true,
      ...(os && { os: [os] }),
    };
  }
}

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
