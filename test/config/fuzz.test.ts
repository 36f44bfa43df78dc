// Any text at all: no exception, and each diagnostic stands at a place that is there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { readDeploymentText, renderDiagnostics } from "../../src/config/index.ts";
import { deploymentText, poolText } from "./deployment-text.ts";

const EXAMPLES = ["seed.yaml", "existing-servers.yaml"].map((name) =>
  readFileSync(resolve(import.meta.dirname, "../../examples", name), "utf8"),
);
const SIMULATED = poolText({ engine: "simulated", replicas: 2, basePort: 9000 });
const BASES = [...EXAMPLES, SIMULATED, `${SIMULATED}---\n${deploymentText({ metadata: { name: "two" } })}`];

function judge(text: string): void {
  const { deployments, diagnostics } = readDeploymentText({ file: "f.yaml", text });
  const lines = text.split(/\r\n|\r|\n/);
  for (const { line, column } of diagnostics) {
    assert.ok(Number.isInteger(line) && line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`);
    assert.ok(Number.isInteger(column) && column >= 1, `column ${column}`);
  }
  const refused = diagnostics.some(({ severity }) => severity === "error");
  assert.equal(deployments.length > 0, !refused, "either deployments or an error");
  renderDiagnostics(diagnostics);
}

test("random text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), judge), { numRuns: 300 });
});

const yamlPiece = fc.constantFrom(
  ..."{ } [ ] : - ? & * ! | > % @ ` # , ' \" \n \t ~ <<: &a *a --- ... !!str !!binary null .inf .nan 1e999 0x10 0o7 yes".split(
    " ",
  ),
  "\n  ",
  " ",
  "spec:",
  "metadata:",
  "name",
);

test("random YAML punctuation", () => {
  fc.assert(
    fc.property(fc.array(yamlPiece, { maxLength: 60 }), (pieces) => judge(pieces.join(""))),
    { numRuns: 600 },
  );
});

interface Edit {
  readonly base: number;
  readonly at: number;
  readonly cut: number;
  readonly insert: string;
}

const edits = fc.array(
  fc.record<Edit>({
    base: fc.nat(BASES.length - 1),
    at: fc.nat(3000),
    cut: fc.nat(40),
    insert: fc.oneof(fc.string({ unit: "binary", maxLength: 8 }), yamlPiece, fc.integer().map(String)),
  }),
  { minLength: 1, maxLength: 4 },
);

test("examples with random edits", () => {
  fc.assert(
    fc.property(edits, (list) => {
      let text = BASES[list[0]?.base ?? 0] ?? "";
      for (const { at, cut, insert } of list) {
        const from = at % (text.length + 1);
        text = text.slice(0, from) + insert + text.slice(from + cut);
      }
      judge(text);
    }),
    { numRuns: 400 },
  );
});

test("examples with a line moved, doubled or taken out", () => {
  fc.assert(
    fc.property(
      fc.nat(BASES.length - 1),
      fc.nat(),
      fc.nat(),
      fc.constantFrom("move", "double", "drop"),
      (base, from, to, how) => {
        const lines = (BASES[base] ?? "").split("\n");
        const [line = ""] = lines.slice(from % lines.length);
        if (how !== "double") lines.splice(from % lines.length, 1);
        if (how !== "drop") lines.splice(to % (lines.length + 1), 0, line);
        judge(lines.join("\n"));
      },
    ),
    { numRuns: 400 },
  );
});

test("any value in any field of the examples", () => {
  const value = fc.oneof(
    fc.constantFrom("null", "[]", "{}", "-1", "1.5", "true", '""', "x", "9999999999", "[1, {a: b}]"),
    fc.double().map(String),
  );
  fc.assert(
    fc.property(fc.nat(BASES.length - 1), fc.nat(), value, (base, at, text) => {
      const lines = (BASES[base] ?? "").split("\n");
      const i = at % lines.length;
      judge(lines.map((line, j) => (i === j ? line.replace(/:( .*)?$/, `: ${text}`) : line)).join("\n"));
    }),
    { numRuns: 400 },
  );
});
