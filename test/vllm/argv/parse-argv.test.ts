// The words of a command line are read as vLLM's parser reads them.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type ParsedArgv, parseServeArgv, parseVersion, TABLE_VERSION } from "../../../src/vllm/index.ts";

function parse(line: string, version = TABLE_VERSION): ParsedArgv {
  const parsed = parseVersion(version);
  assert.ok(parsed);
  return parseServeArgv(line === "" ? [] : line.split(" "), parsed);
}

function values(line: string): Record<string, unknown> {
  return Object.fromEntries(parse(line).options.map((one) => [one.flag.name, one.value]));
}

test("names: dashes or underscores, = or a space, short forms, unambiguous prefixes", () => {
  assert.deepEqual(values("m --tensor_parallel_size=4"), { "--tensor-parallel-size": 4 });
  assert.deepEqual(values("m -tp 4 -pp=2 -t 3"), { "--tensor-parallel-size": 3, "--pipeline-parallel-size": 2 });
  assert.deepEqual(values("m --max-num-se 7 -qfp8"), { "--max-num-seqs": 7, "--quantization": "fp8" });
  assert.deepEqual(values("m --served_model_name a_b c"), { "--served-model-name": ["a_b", "c"] });
});

test("switches: --x, --no-x; a value is refused", () => {
  assert.deepEqual(values("m --no-enable-prefix-caching --enforce-eager"), {
    "--enable-prefix-caching": false,
    "--enforce-eager": true,
  });
  const [option] = parse("m --enforce-eager=true").options;
  assert.equal(option?.problem, "takes no value, found true");
});

test("numbers: human integers, negative ones, -1 and auto", () => {
  assert.deepEqual(values("m --max-model-len 25.6k"), { "--max-model-len": 25_600 });
  assert.deepEqual(values("m --max-model-len 32K --max-num-batched-tokens 8k"), {
    "--max-model-len": 32_768,
    "--max-num-batched-tokens": 8000,
  });
  assert.deepEqual(values("m --max-model-len -1"), { "--max-model-len": -1 });
  assert.deepEqual(values("m --max-model-len auto"), { "--max-model-len": -1 });
  assert.match(parse("m --max-model-len 1.5K").options[0]?.problem ?? "", /takes no fraction, write 1\.5k/);
});

test("dotted keys become one JSON value at the end, lists grow", () => {
  const line =
    "m --compilation-config.pass_config.x true -tp 2 --compilation-config.sizes+ 1,2 --compilation-config.sizes+=3";
  const { options } = parse(line);
  assert.deepEqual(
    options.map((one) => [one.flag.name, one.value, one.words]),
    [
      ["--tensor-parallel-size", 2, [3, 4]],
      ["--compilation-config", { pass_config: { x: true }, sizes: ["1", "2", "3"] }, [1, 2, 5, 6, 7]],
    ],
  );
});

test("-O3, -O 3 and -O=3 are the optimization level", () => {
  for (const line of ["m -O3", "m -O 3", "m -O=3"]) assert.deepEqual(values(line), { "--optimization-level": "3" });
});

test("JSON takes unquoted numbers with a suffix; None is no value where it may be", () => {
  assert.deepEqual(values('m --kv-transfer-config {"size":2k,"a":"1k"}'), {
    "--kv-transfer-config": { size: 2000, a: "1k" },
  });
  assert.deepEqual(values("m -q None"), { "--quantization": null });
});

test("what no option is known for: unknown with its words, ambiguous with the candidates, extra words", () => {
  const { faults, model } = parse("m --foo a b --data-parallel-r 1 x");
  assert.equal(model?.value, "m");
  assert.deepEqual(
    faults.map(({ kind, spelled, words }) => [kind, spelled, words]),
    [
      ["unknown-option", "--foo", [1, 2, 3]],
      ["ambiguous", "--data-parallel-r", [4, 5, 6]],
    ],
  );
  assert.deepEqual(faults[1]?.candidates, ["--data-parallel-rank", "--data-parallel-rpc-port"]);
  assert.equal(parse("m -tp 2 n").faults[0]?.kind, "extra-word");
});

test("a removed option is read where the release has it, and named where it has not", () => {
  const [old] = parse("m --scheduler-delay-factor 0.5", "0.10.2").options;
  assert.deepEqual([old?.value, old?.removed], [0.5, undefined]);
  const [late] = parse("m --scheduler-delay-factor 0.5").options;
  assert.equal(late?.removed?.removedIn, "0.11.0");
  // A prefix never finds an option that is gone.
  assert.equal(parse("m --scheduler-del 0.5").faults[0]?.kind, "unknown-option");
});

test("every word is in exactly one place", () => {
  const word = fc.oneof(
    fc.constantFrom("-tp", "4", "--max-num-seqs=3", "--no-x", "-O3", "-O", "--", "-1", "", "--cc.a+", "-cc.b=1", "a b"),
    fc.constantFrom("--served-model-name", "--enforce-eager", "--foo", "--compilation-config.mode", "-q", "--hf-token"),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      const version = parseVersion(TABLE_VERSION);
      assert.ok(version);
      const { model, options, faults } = parseServeArgv(words, version);
      const seen = [...(model?.words ?? []), ...[...options, ...faults].flatMap((one) => one.words)];
      assert.deepEqual(
        seen.toSorted((a, b) => a - b),
        words.map((_, i) => i),
      );
    }),
    { numRuns: 2000 },
  );
});
