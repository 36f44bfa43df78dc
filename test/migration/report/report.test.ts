// Reports and status: complete, escaped, self-contained; the seed's report under its own key.
import assert from "node:assert/strict";
import { test } from "node:test";
import { renderHtml, renderMarkdown, reportDocument, reportJson, statusText } from "../../../src/migration/index.ts";
import { judged } from "../verdict/simulation.ts";
import { emptyVerdict, HOSTILE, sampleReport } from "./sample.ts";

test("without shadow data the seed's report is its sentence, with data its keys", () => {
  assert.equal(reportJson(sampleReport()).seed, "No shadow traffic data.");
  assert.equal(reportJson(sampleReport({ verdict: emptyVerdict() })).seed, "No shadow traffic data.");
  const { seed } = reportJson(sampleReport({ verdict: judged({ pairs: 400, seed: "report" }) }));
  assert.ok(typeof seed === "object");
  assert.deepEqual(Object.keys(seed), [
    "num_requests",
    "ttft_improvement_ms",
    "total_latency_improvement_ms",
    "output_consistency",
    "recommendation",
  ]);
  assert.deepEqual(Object.keys(seed.ttft_improvement_ms), ["mean", "p50", "p99"]);
});

test("the page holds no script, nothing from outside, and hostile text only escaped", () => {
  const html = renderHtml(reportDocument(sampleReport({ verdict: judged({ pairs: 400, seed: "report" }) })));
  assert.ok(!/<script|<link|<img|<iframe|@import|\son\w+=|javascript:/i.test(html));
  assert.ok(!/\b(?:src|href)\s*=/i.test(html));
  assert.ok(!/https?:\/\//.test(html), "no address outside the page");
  assert.ok(html.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
  assert.match(html, /default-src 'none'/);
  assert.ok((html.match(/<svg /g) ?? []).length >= 2);
  for (const tag of ["svg", "table", "ul", "h2", "p", "div"]) {
    const count = (pattern: string): number => (html.match(new RegExp(pattern, "g")) ?? []).length;
    assert.equal(count(`<${tag}[ >]`), count(`</${tag}>`), tag);
  }
});

test("page and Markdown tell the same: weights, TTFT, gates with n, meters, audit, evidence", () => {
  const document = reportDocument(sampleReport({ verdict: judged({ pairs: 400, seed: "report" }) }));
  assert.match(document.banner.text, /^rolled-back: Errors [\d.]+% on the candidate/);
  assert.equal(document.banner.tone, "bad");
  const titles = document.sections.map(({ title }) => title);
  for (const title of ["Where it stands", "Arms", "Rates of this step", "Detectors: how far to a rollback"])
    assert.ok(titles.includes(title), title);
  for (const title of ["Weight over time", "TTFT of both arms", "The plan", "Audit trail", "Evidence bundles"])
    assert.ok(titles.includes(title), title);
  const weights = document.sections.find(({ title }) => title === "Weight over time")?.plot?.series[0]?.points ?? [];
  assert.ok(Math.abs(Math.max(...weights.map(([, y]) => y)) - 10) < 1e-9, "went to 10 %");
  assert.equal(weights.at(-1)?.[1], 0);
  const markdown = renderMarkdown(document);
  assert.ok(markdown.includes("\\<script\\>"));
  for (const line of markdown.split("\n").filter((one) => one.startsWith("| "))) assert.match(line, / \|$/);
  assert.match(markdown, /\/state\/evidence\/1/);
});

test("the status fits one screen and shows step, weight, meters, faults; control characters do not pass", () => {
  const { status } = sampleReport();
  const legacy = { ...status.arms.legacy, where: "evil\u001B[2Jname" };
  const text = statusText({ ...status, arms: { ...status.arms, legacy } });
  assert.ok(text.split("\n").length <= 30);
  assert.ok(!text.includes("\u001B"));
  assert.match(text, /^to-fleet {2}ROLLED-BACK/);
  assert.match(text, /^weight +set 0 %/m);
  assert.match(text, /^error vs legacy +\[#{20}\] +100 % to rollback/m);
  assert.match(text, /^FAULT +disk full/m);
});

test("status and report say what comes next, and give no rate where nothing was counted", () => {
  const { status } = sampleReport();
  assert.match(statusText(status), /^next +when the cause is mended: switchgear migrate rearm to-fleet; /m);
  const { ended: _, ...plan } = { ...status.plan, phase: "draft" as const, blockers: [] };
  const gates = [{ what: "errors", arm: "candidate", events: 0, n: 0, rate: 0, low: 0, high: 1 }] as const;
  const draft = { ...status, plan, gates };
  assert.match(statusText(draft), /^next +switchgear migrate start to-fleet$/m);
  assert.match(statusText(draft), /^errors candidate +none counted yet$/m);
  const markdown = renderMarkdown(reportDocument(sampleReport({ status: draft })));
  assert.match(markdown, /^- Next: switchgear migrate start to-fleet\.$/m);
  assert.match(markdown, /\| errors \| candidate \| – \| – \| 0 \| 0 \|/);
  const shadowing = { ...plan, phase: "shadowing" as const };
  assert.match(statusText({ ...status, plan: shadowing }), /^next +the verdict, once there are enough pairs$/m);
  const shadow = {
    running: true,
    fraction: 1,
    inflight: 0,
    sent: 0,
    pairs: 0,
    repeats: 0,
    dropped: { size: 1 },
    excluded: { "cold-start": 8 },
    clientGone: {},
    spent: { bytes: 0, tokens: 0, cost: 0, day: "" },
  };
  assert.match(
    statusText({ ...status, shadow }),
    /^shadow +0 pairs of 0 sent at 100 %, left out: cold-start 8, size 1$/m,
    "why nothing was sent",
  );
  const paused = { kind: "paused", text: "paused by ada: lunch", hold: false } as const;
  assert.match(
    statusText({ ...status, plan: { ...plan, blockers: [paused] } }),
    /^next +switchgear migrate resume to-fleet$/m,
  );
});

test("texts are in the report only when the plan keeps them, and are no markup", () => {
  assert.ok(!renderMarkdown(reportDocument(sampleReport())).includes("Texts of the last pairs"));
  const text = {
    at: 0,
    kind: "pair",
    stratum: "short",
    equal: false,
    prompt: HOSTILE,
    primary: "a",
    shadow: "b",
  } as const;
  const report = reportDocument(sampleReport({ texts: [text] }));
  assert.match(renderMarkdown(report), /## Texts of the last pairs/);
  assert.ok(!renderHtml(report).includes("<script>alert(1)"));
});
