// The flag table and the parser against the parser of a real vLLM: SWITCHGEAR_VLLM=$(scripts/vllm/install.sh) names its folder.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  type Flag,
  FLAG_GROUPS,
  type FlagValue,
  parseServeArgv,
  parseVersion,
  TABLE_VERSION,
} from "../../../src/vllm/index.ts";

const FOLDER = process.env["SWITCHGEAR_VLLM"];
const skip = FOLDER === undefined ? "SWITCHGEAR_VLLM names no installed vLLM" : false;
const FLAGS = FLAG_GROUPS.flatMap(({ flags }) => flags);

interface RealOption {
  readonly name: string;
  readonly others: readonly string[];
  readonly kind: string;
  readonly nullable: boolean;
  readonly choices: readonly string[] | null;
  readonly default: unknown;
  readonly dest: string;
}

type Reading = { readonly values: Readonly<Record<string, unknown>> } | { readonly error: string };

interface Real {
  readonly version: string;
  readonly options: readonly RealOption[];
  readonly parsed: readonly Reading[];
}

const WORDS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  int: fc.constantFrom("1", "2", "-1", "x", "1_0", "3.5"),
  ints: fc.constantFrom("1", "2", "y"),
  float: fc.constantFrom("0.5", "1", "1e-3", "z"),
  "human-int": fc.constantFrom("8k", "16K", "25.6k", "1.5K", "7"),
  "human-int-auto": fc.constantFrom("8k", "auto", "-1", "q"),
};

const LINES =
  skip !== false
    ? []
    : fc.sample(
        fc
          .array(fc.constantFrom(...FLAGS.filter(isPlain)).chain(optionWords), { maxLength: 5 })
          .map((options) => ["serve", "org/model", ...options.flat()]),
        { numRuns: 1500, seed: 1 },
      );

let answer: Real | undefined;

/** Starts once: importing vLLM takes seconds. */
function real(): Real {
  return (answer ??= askVllm(LINES));
}

function askVllm(argvs: readonly (readonly string[])[]): Real {
  const script = resolve(import.meta.dirname, "../../../scripts/vllm/serve_parser.py");
  const { stdout, stderr, status } = spawnSync(`${FOLDER}/venv/bin/python`, [script], {
    input: JSON.stringify({ argvs }),
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Real;
}

/** Structures are objects of vLLM there; everything else is compared. */
function isPlain({ kind, name }: Flag): boolean {
  return (
    !kind.startsWith("json") &&
    !["--model", "--config", "--lora-modules", "--device-ids", "--log-level", "--log-config-file"].includes(name)
  );
}

function optionWords(flag: Flag): fc.Arbitrary<string[]> {
  const names = [flag.name, flag.name.replaceAll("-", "_").replace("__", "--"), flag.name.slice(0, -1), ...flag.others];
  const spelled = fc.constantFrom(...names, ...(flag.kind === "switch" ? [`--no-${flag.name.slice(2)}`] : []));
  if (flag.kind === "switch" || flag.kind === "bare") return spelled.map((name) => [name]);
  const word = WORDS[flag.kind] ?? fc.constantFrom(...(flag.choices ?? ["a", "b_c", "None"]), "nonsense");
  const many = flag.kind === "texts" || flag.kind === "ints";
  return fc
    .tuple(spelled, fc.array(word, { minLength: 1, maxLength: many ? 3 : 1 }), fc.boolean())
    .map(([name, words, joined]) => (joined && !many ? [`${name}=${words.join("")}`] : [name, ...words]));
}

test("the table is that of the installed vLLM", { skip }, () => {
  const { version, options } = real();
  assert.equal(version, TABLE_VERSION);
  const shape = (one: RealOption | Flag) => [one.name, one.others, one.kind, one.nullable, one.choices ?? null];
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  assert.deepEqual(FLAGS.toSorted(byName).map(shape), options.toSorted(byName).map(shape));
  const ours = new Map(FLAGS.map((one) => [one.name, one.fallback]));
  for (const one of options) {
    const fallback = ours.get(one.name);
    if (fallback !== undefined) assert.deepEqual(fallback, one.default, one.name);
  }
});

test("random command lines are read alike", { skip }, () => {
  const { options, parsed } = real();
  const flagOf = new Map(options.map((one) => [one.dest, one]));
  const release = parseVersion(TABLE_VERSION);
  assert.ok(release);
  for (const [i, line] of LINES.entries()) {
    const read = parsed[i];
    assert.ok(read);
    const ours = parseServeArgv(line.slice(1), release);
    const refused = ours.faults.length > 0 || ours.options.some(({ problem }) => problem !== undefined);
    assert.equal(refused, "error" in read, `${line.join(" ")}: ${JSON.stringify(read)} ${JSON.stringify(ours.faults)}`);
    if ("error" in read) continue;
    const own = new Map<string, FlagValue | undefined>(ours.options.map((one) => [one.flag.name, one.value]));
    for (const [dest, value] of Object.entries(read.values)) {
      const flag = flagOf.get(dest);
      if (flag === undefined || ["append", "json"].includes(flag.kind) || flag.kind.startsWith("json")) continue;
      const shown = own.get(flag.name);
      assert.equal(JSON.stringify(shown), JSON.stringify(value), `${line.join(" ")}: ${dest}`);
    }
  }
});

test("a false in the config file of vllm serve is skipped, the command line wins over the file", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-vllm-"));
  const file = join(folder, "vllm.yaml");
  writeFileSync(file, "enable-prefix-caching: false\nmax_num_seqs: 7\ndtype: float16\n");
  try {
    const { parsed } = askVllm([["serve", "org/model", "--config", file, "--max-num-seqs", "9"]]);
    const [read] = parsed;
    assert.ok(read !== undefined && "values" in read, JSON.stringify(read));
    const { enable_prefix_caching: caching, max_num_seqs: sequences, dtype } = read.values;
    assert.deepEqual([caching, sequences, dtype], [undefined, 9, "float16"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
