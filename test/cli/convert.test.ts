// `switchgear convert` as a user calls it: files, standard input, exit codes, what is written when.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");
const folder = mkdtempSync(join(tmpdir(), "switchgear-convert-"));
after(() => rmSync(folder, { recursive: true }));

function convert(args: readonly string[], input = ""): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "convert", ...args], {
    cwd: folder,
    input,
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr };
}

function validate(yaml: string): number | null {
  return spawnSync(process.execPath, [MAIN, "validate", "-"], { input: yaml, encoding: "utf8" }).status;
}

test("clean: the deployment on standard output, which validate accepts, the table on standard error, exit 0", () => {
  const { status, out, err } = convert(["-"], "vllm serve org/m -tp 4 --max-model-len 32k\n");
  assert.equal(status, 0);
  assert.match(out, /^# Made by switchgear convert from standard input \(shell\)/);
  assert.match(out, /maxModelLen: 32000 # --max-model-len 32k/);
  assert.match(err, /^mapped +1:18 +-tp 4 +spec\.serving\.workers\.tensorParallelSize$/m);
  assert.equal(validate(out), 0);
});

test("something left open: exit 1, nothing written without --allow-partial", () => {
  const line = "vllm serve org/m --api-key secret-key --uds /tmp/secret.sock\n";
  const path = join(folder, "out.yaml");
  const bare = convert(["-", "-o", path], line);
  assert.deepEqual([bare.status, bare.out, existsSync(path)], [1, "", false]);
  assert.match(bare.err, /^unsupported .*--uds/m);
  assert.match(
    bare.err,
    /\n\nTo decide:\n {2}1:39 {2}--uds [^\n]+\n\nNo deployment is written: .*--allow-partial\.\n$/,
  );
  const partial = convert(["-", "-o", path, "--allow-partial"], line);
  assert.deepEqual([partial.status, existsSync(path)], [1, true]);
  assert.match(readFileSync(path, "utf8"), /^# unsupported: --uds .*: /m);
  assert.ok(partial.err.endsWith(`\nwritten: ${path}; next: switchgear validate ${path}\n`));
});

test("--json: one object with deployment and report, clean or not", () => {
  const { status, out } = convert(["-", "--json"], "vllm serve org/m --nope 1");
  assert.equal(status, 1);
  const { deployment, report } = JSON.parse(out) as {
    deployment: { kind: string };
    report: { clean: boolean; options: readonly Record<string, unknown>[] };
  };
  assert.deepEqual([deployment.kind, report.clean], ["LLMDeployment", false]);
  const unknown = report.options.find(({ disposition }) => disposition === "unknown");
  assert.deepEqual(Object.keys(unknown ?? {}).toSorted(), [
    "code",
    "disposition",
    "hint",
    "position",
    "reason",
    "target",
    "tokens",
  ]);
  assert.deepEqual(unknown?.["tokens"], ["--nope", "1"]);
});

test("--config is looked for beside the input; what is not there is exit 2", () => {
  writeFileSync(join(folder, "start.sh"), "vllm serve --config vllm.yaml\n");
  assert.match(convert(["start.sh"]).err, /no such file \[SWG_FILE_UNREADABLE\]\n {2}where: .*vllm\.yaml/);
  writeFileSync(join(folder, "vllm.yaml"), "model: org/m\nmax-num-seqs: 8\n");
  const { status, out } = convert(["start.sh"]);
  assert.equal(status, 0);
  assert.match(out, /name: org\/m[^]*maxBatchSize: 8/);
});

test("unusable input is exit 2: nothing that starts vLLM, no file, a wrong form, no argument", () => {
  assert.deepEqual(convert(["-"], "ls").status, 2);
  assert.match(convert(["-"], "ls").err, /SWG_CONVERT_UNUSABLE/);
  for (const args of [["nowhere"], ["-", "--from", "ini"], [], ["-", "--vllm-version", "latest"]])
    assert.equal(convert(args, "vllm serve m").status, 2, args.join(" "));
});

test("--explain an option, --strategy disaggregated behind its gate, --help with examples", () => {
  const explained = convert(["--explain", "--scheduler-delay-factor"]);
  assert.match(explained.out, /^removed in 0\.11\.0$/m);
  assert.match(convert(["--explain", "swap-space", "--vllm-version", "latest"]).err, /no version of vLLM/);
  const gate = convert(["-", "--strategy", "disaggregated"], "vllm serve m");
  assert.deepEqual([gate.status, /Start the migration with strategy: colocated/.test(gate.err)], [2, true]);
  assert.equal(convert(["-", "--strategy", "disaggregated", "--colocated-validated"], "vllm serve m").status, 0);
  assert.match(convert(["--help"]).out, /switchgear convert start-vllm\.sh/);
});
