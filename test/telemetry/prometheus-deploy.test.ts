// What deploy/ asks Prometheus for exists: metrics of dashboard and alerts, each alert tested both ways, each runbook written.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { METRICS, type MetricEntry } from "../../src/telemetry/index.ts";
import { debianProgram } from "./debian-programs.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const promtool = debianProgram("prometheus", "usr/bin/promtool");
const TESTS = ["tests.yaml", "tests-days.yaml"];
const ENTRIES: readonly MetricEntry[] = Object.values(METRICS);

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly annotations?: { readonly runbook_url: string };
}

interface AlertTest {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

const rules = (yaml("deploy/prometheus/rules.yaml") as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const alerts = rules.filter((rule) => rule.alert !== undefined);
const panels = (JSON.parse(text("deploy/grafana/switchgear.json")) as Dashboard).panels;
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

test(
  "promtool: the rules are valid, and every alert fires and keeps quiet as its tests say",
  { skip: promtool.skip },
  () => {
    for (const args of [
      ["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"],
      ["test", "rules", ...TESTS],
    ]) {
      const run = spawnSync(promtool.path, args, { cwd: join(ROOT, "deploy/prometheus"), encoding: "utf8" });
      assert.equal(run.status, 0, run.stdout + run.stderr);
    }
  },
);

test("each alert has a test in which it fires, and one in which it does not", () => {
  const tests = TESTS.flatMap((file) => (yaml(`deploy/prometheus/${file}`) as { tests: AlertTest[] }).tests).flatMap(
    (one) => one.alert_rule_test,
  );
  const seen = (fires: boolean): string[] =>
    tests.filter(({ exp_alerts }) => exp_alerts.length > 0 === fires).map(({ alertname }) => alertname);
  const names = alerts.map(({ alert = "" }) => alert).toSorted();
  assert.ok(names.length >= 10);
  assert.deepEqual([...new Set(seen(true))].toSorted(), names);
  assert.deepEqual([...new Set(seen(false))].toSorted(), names);
});

test("each alert leads to a heading of the runbook", () => {
  const anchors = [...text("docs/troubleshoot.md").matchAll(/^##+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\d -]/gu, "")
      .replaceAll(" ", "-"),
  );
  for (const { alert, annotations } of alerts) {
    const [page, anchor = ""] = annotations?.runbook_url.split("#") ?? [];
    const where = `${alert ?? ""}: #${anchor}`;
    assert.equal(page, "docs/troubleshoot.md", where);
    assert.ok(anchors.includes(anchor), where);
  }
});

test("dashboard and alerts ask only for metrics and labels that exist", () => {
  for (const expr of [...rules.map((rule) => rule.expr), ...queries]) {
    for (const name of expr.match(/\b(switchgear_|process_)\w+/g) ?? []) {
      const entry = entryOf(name);
      assert.ok(entry, `${name} in ${expr}`);
    }
    for (const [, name = "", inner = ""] of expr.matchAll(/\b((?:switchgear_|process_)\w+)\{([^}]*)\}/g))
      for (const [, label = ""] of inner.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g))
        assert.ok(["instance", "job", "le", ...(entryOf(name)?.labels ?? [])].includes(label), `${label} of ${name}`);
  }
  const records = rules.flatMap(({ record = [] }) => record);
  for (const name of queries.flatMap((expr) => expr.match(/\bswitchgear:[\w:]+/g) ?? []))
    assert.ok(records.includes(name), name);
});

test("every metric is on the dashboard", () => {
  const shown = new Set(
    queries.flatMap((expr) => expr.match(/\b(?:switchgear_|process_)\w+/g) ?? []).map((name) => entryOf(name)?.name),
  );
  assert.deepEqual(
    ENTRIES.map(({ name }) => name).filter((name) => !shown.has(name)),
    [],
  );
});

test("Prometheus can parse every query of the dashboard", { skip: promtool.skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-dashboard-"));
  try {
    const file = join(folder, "queries.yaml");
    const list = queries.map((expr, i) => ({ record: `q:${i}`, expr: expr.replaceAll("$__rate_interval", "1m") }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: "queries", rules: list }] }));
    const run = spawnSync(promtool.path, ["check", "rules", file], { encoding: "utf8" });
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.match(run.stdout, new RegExp(`${queries.length} rules found`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function entryOf(name: string): MetricEntry | undefined {
  return ENTRIES.find(
    (entry) =>
      entry.name === name ||
      (entry.kind === "histogram" && new RegExp(`^${entry.name}_(bucket|sum|count)$`).test(name)),
  );
}

function text(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

function yaml(file: string): unknown {
  return parse(text(file));
}
