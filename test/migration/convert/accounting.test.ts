// Every token of every input has exactly one outcome.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SwitchgearError } from "../../../src/core/index.ts";
import { convert, DISPOSITIONS, type Form } from "../../../src/migration/index.ts";
import { FLAG_GROUPS } from "../../../src/vllm/index.ts";

const names = FLAG_GROUPS.flatMap(({ flags }) => flags.flatMap(({ name, others }) => [name, ...others]));

const word = fc.oneof(
  fc.constantFrom(...names),
  fc.constantFrom(
    "4",
    "0.9",
    "auto",
    "a",
    "None",
    "'a b'",
    '{"a":1}',
    "'{\"a\":1}'",
    "$X",
    "$(id)",
    "`id`",
    "~/m",
    "--",
    "-1",
    "a\u00a0b",
    "\u2013x",
    "\uFEFF",
  ),
  fc.constantFrom(
    "|",
    ">",
    "&&",
    "2>&1",
    "&",
    ";",
    "\\\n",
    "\n",
    "#",
    "env",
    "A=b",
    "A=(",
    ")",
    "TOKEN=x",
    "export",
    "-c",
    "bash",
    "sudo",
    "-u",
    "-E",
    "exec",
  ),
  fc.constantFrom(
    "docker",
    "run",
    "-e",
    "-v",
    "--gpus",
    "all",
    "img:v0.11.0",
    "--entrypoint",
    "vllm",
    "serve",
    "python3",
  ),
  fc.string({ maxLength: 5 }),
);

/** The property of the issue: nothing is unaccounted, nothing twice. */
function check(text: string, form: Form | undefined): void {
  const readFile = (): string => "max-num-seqs: 3\nenforce-eager: false\nx: [1, 2]\n";
  let conversion;
  try {
    conversion = convert({ file: "-", text, readFile }, { form });
  } catch (thrown) {
    // Not an input that can be read at all: a clear error, never a defect.
    assert.ok(thrown instanceof SwitchgearError, `${String(thrown)} on ${JSON.stringify(text)}`);
    return;
  }
  const { report } = conversion;
  assert.deepEqual(
    report.options.filter(({ code }) => code === "unaccounted"),
    [],
    text,
  );
  for (const one of report.options) {
    assert.ok(DISPOSITIONS.includes(one.disposition));
    assert.ok(one.reason.length > 0);
    assert.equal(one.position === null, one.tokens.length === 0);
  }
  const reported = report.options.reduce((sum, { tokens }) => sum + tokens.length, 0);
  assert.equal(reported, conversion.tokens.length, text);
}

const before = fc.array(
  fc.constantFrom("sudo", "-u", "svc", "-E", "env", "-i", "A=b", "exec", "nice", "bash", "-c", "--"),
);
const line = fc
  .tuple(before, fc.array(word, { maxLength: 14 }))
  .map(([wrapped, words]) => `${wrapped.join(" ")} vllm serve org/m ${words.join(" ")}`.trimStart());

test("shell lines", () =>
  fc.assert(
    fc.property(line, (text) => check(text, "shell")),
    { numRuns: 120 },
  ));

test("docker lines", () => {
  const docker = fc.array(word, { maxLength: 14 }).map((words) => `docker run ${words.join(" ")}`);
  fc.assert(
    fc.property(docker, (text) => check(text, "docker")),
    { numRuns: 300 },
  );
});

test("argv", () => {
  const argv = fc.array(word, { maxLength: 10 }).map((words) => JSON.stringify(["vllm", "serve", ...words]));
  fc.assert(
    fc.property(argv, (text) => check(text, "argv")),
    { numRuns: 120 },
  );
});

test("systemd units", () => {
  const unit = fc
    .tuple(
      line,
      fc.array(fc.constantFrom("User=a", "Environment=A=b 'C=d e'", "EnvironmentFile=/x", "Foo = bar", "; c", "junk")),
    )
    .map(([text, lines]) => ["[Service]", ...lines, `ExecStart=${text.replaceAll("\n", " ")}`].join("\n"));
  fc.assert(
    fc.property(unit, (text) => check(text, "systemd")),
    { numRuns: 120 },
  );
});

const scalar = fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null));
const tree = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("name", "value", "key"), scalar),
);

test("compose files", () => {
  const key = fc.constantFrom(
    "environment",
    "ports",
    "volumes",
    "deploy",
    "restart",
    "labels",
    "entrypoint",
    "x",
    "gpus",
  );
  const service = fc.tuple(fc.dictionary(key, tree), line, fc.boolean()).map(([more, command, asList]) => ({
    services: { vllm: { image: "vllm/vllm-openai:v0.11.0", ...more, command: asList ? command.split(" ") : command } },
  }));
  fc.assert(
    fc.property(service, (value) => check(JSON.stringify(value), "compose")),
    { numRuns: 120 },
  );
});

test("Kubernetes workloads", () => {
  const key = fc.constantFrom(
    "env",
    "ports",
    "resources",
    "volumeMounts",
    "livenessProbe",
    "envFrom",
    "securityContext",
    "x",
  );
  const env = fc.array(
    fc.record({ name: fc.constantFrom("A", "HF_TOKEN", "VLLM_API_KEY"), value: fc.constantFrom("v", "$(X)") }),
  );
  const pod = fc
    .tuple(fc.dictionary(key, tree), line, env, fc.integer({ min: -1, max: 3 }))
    .map(([more, text, variables, replicas]) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "x" },
      spec: {
        replicas,
        template: {
          spec: { containers: [{ ...more, name: "c", args: text.split(" ").slice(2), env: variables, image: "vllm" }] },
        },
      },
    }));
  fc.assert(
    fc.property(pod, (value) => check(JSON.stringify(value), "kubernetes")),
    { numRuns: 120 },
  );
});

test("vLLM's YAML", () => {
  const file = fc.dictionary(fc.constantFrom(...names.map((name) => name.replace(/^-+/, ""))), tree);
  fc.assert(
    fc.property(file, (value) => check(JSON.stringify({ model: "m", ...value }), "vllm-yaml")),
    { numRuns: 120 },
  );
});

test("any text at all is a conversion or a clear error", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => check(text, undefined)),
    { numRuns: 1000 },
  );
});

// Patterns that look for secrets and braces took minutes for such words.
test("long words of any kind come to an end", { timeout: 20_000 }, () => {
  const length = 200_000;
  for (const part of ["a", "-", "{,", "eyJ-", "login ", "a:", "token=", "(", "[1k,"])
    check(`vllm serve m --x '${part.repeat(length / part.length)}' {${part.repeat(1000)}`, "shell");
});
