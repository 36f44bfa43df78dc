// What workers are started with is what the input said: rendered from the YAML and read again by vLLM's grammar.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { startedArgv } from "../../../src/app/started-argv.ts";
import { readDeploymentText } from "../../../src/config/index.ts";
import {
  type Flag,
  FLAG_GROUPS,
  type FlagValue,
  flagTable,
  parseServeArgv,
  parseVersion,
  TABLE_VERSION,
} from "../../../src/vllm/index.ts";
import { converted } from "./conversions.ts";

const release = parseVersion(TABLE_VERSION);
assert.ok(release);
const FLAGS = FLAG_GROUPS.flatMap(({ flags }) => flags);

/** Set by the launcher for every worker, whatever the input says. */
const LAUNCHER = new Set([
  "--host",
  "--port",
  "--kv-events-config",
  "--enable-prompt-tokens-details",
  "--served-model-name",
  "--shutdown-timeout",
]);

const WORDS: Readonly<Record<string, readonly string[]>> = {
  int: ["1", "2", "7"],
  ints: ["1", "2"],
  float: ["0.5", "1", "0.25"],
  "human-int": ["8k", "16K", "4096"],
  "human-int-auto": ["8k", "auto", "-1", "4096"],
  json: ['{"a":1,"b":["x y"]}', "{}"],
  "json-or-text": ['{"a":"b"}', "text"],
};

function wordsOf(flag: Flag): fc.Arbitrary<string[]> {
  const name = fc.constantFrom(flag.name, ...flag.others, flag.name.replaceAll("-", "_").replace("__", "--"));
  if (flag.kind === "switch") return fc.constantFrom([flag.name], [`--no-${flag.name.slice(2)}`]);
  if (flag.kind === "bare") return name.map((one) => [one]);
  const word = fc.constantFrom(...(flag.choices ?? WORDS[flag.kind] ?? ["text", "/a path/b", "x=y"]));
  const many = flag.kind === "texts" || flag.kind === "ints";
  const words = fc.array(word, { minLength: 1, maxLength: many ? 3 : 1 });
  return fc.tuple(name, words, fc.boolean()).map(([one, values, joined]) => {
    return joined && !many ? [`${one}=${values.join("")}`] : [one, ...values];
  });
}

const lines = fc
  .array(fc.constantFrom(...FLAGS.filter(({ name }) => name !== "--model" && name !== "--config")).chain(wordsOf), {
    maxLength: 8,
  })
  .map((options) => ["vllm", "serve", "org/model", ...options.flat()]);

type Values = Map<string, FlagValue | undefined>;

function valuesOf(words: readonly string[]): Values {
  assert.ok(release);
  const { options, faults, model } = parseServeArgv(words, release);
  assert.deepEqual(faults, []);
  const values: Values = new Map([["--model", model?.value]]);
  for (const { flag, value, values: given } of options) {
    const before = values.get(flag.name);
    if (flag.kind === "append") values.set(flag.name, [...(Array.isArray(before) ? before : []), ...given]);
    else values.set(flag.name, value);
  }
  return values;
}

/** What the workers of the deployment are started with. */
function rendered(yaml: string): Values {
  const { deployments, diagnostics } = readDeploymentText({ file: "deployment.yaml", text: yaml });
  const [deployment] = deployments;
  assert.ok(deployment, JSON.stringify(diagnostics));
  const [pool] = deployment.pools;
  assert.ok(pool);
  const argv = startedArgv(
    { deployment, pool, profile: "unused" },
    { http: 1, events: "ipc:///run/e", replay: "ipc:///run/r" },
  );
  return valuesOf(argv.slice(argv.indexOf("serve") + 1));
}

const CARRIED = new Set(["mapped", "passed-through"]);

test("rendering the workers' arguments gives the normalised input", () => {
  const table = release && flagTable(release);
  fc.assert(
    fc.property(lines, (line) => {
      const conversion = converted(JSON.stringify(line));
      const after = rendered(conversion.yaml);
      const before = valuesOf(line.slice(2));
      for (const { tokens, disposition, target } of conversion.report.options) {
        const [word = ""] = tokens;
        const flag = table?.get((word.split("=", 1)[0] ?? "").replaceAll("_", "-"))?.flag;
        // What the gateway's own port takes over reaches no worker.
        if (target?.startsWith("spec.gateway.") === true) continue;
        if (flag === undefined || !CARRIED.has(disposition) || LAUNCHER.has(flag.name)) continue;
        assert.deepEqual(after.get(flag.name), before.get(flag.name), `${flag.name} of ${line.join(" ")}`);
      }
      assert.equal(after.get("--model"), "org/model");
      // Nothing that was not said, except what is vLLM's own default or the launcher's.
      for (const [name, value] of after) {
        const fallback = table?.get(name)?.flag.fallback;
        if (before.has(name) || LAUNCHER.has(name) || name === "--model") continue;
        assert.equal(value, fallback, `${name} appeared in ${line.join(" ")}`);
      }
    }),
    { numRuns: 300 },
  );
});
