// The four questions that admission has to answer, each rule beside the others.
import { jain, measure, type GroupResult, type Rule, type Setup, type Source } from "./admission-scenarios.ts";

const RULES: readonly Rule[] = ["none", "dynamo", "fcfs", "vtc", "fair"];

interface AdmissionSetup extends Setup {
  readonly seeds: number;
  readonly firstSeed: number;
  /** Requests a second at which nearly all still meet both promises. */
  readonly knee: number;
}

export interface Row {
  readonly rule: Rule;
  readonly figures: Readonly<Record<string, number>>;
}

export interface AdmissionReport {
  readonly setup: AdmissionSetup;
  readonly flood: readonly Row[];
  readonly batch: readonly Row[];
  readonly fairness: readonly Row[];
  readonly overload: readonly Row[];
}

const OTHERS = ["b", "c", "d", "e"];

export function admissionReport(setup: AdmissionSetup): AdmissionReport {
  const each = (rules: readonly Rule[], of: (rule: Rule, seed: string) => Record<string, number>): Row[] =>
    rules.map((rule) => ({ rule, figures: mean(setup, (seed) => of(rule, seed)) }));
  return {
    setup,
    flood: each(RULES, (rule, seed) => flood(setup, rule, seed)),
    batch: each(RULES, (rule, seed) => batch(setup, rule, seed)),
    fairness: each(RULES, (rule, seed) => fairness(setup, rule, seed)),
    overload: each(RULES, (rule, seed) => overload(setup, rule, seed)),
  };
}

/** Five tenants at half of the knee; then one of them sends 20 times as much. */
function flood(setup: AdmissionSetup, rule: Rule, seed: string): Record<string, number> {
  const own = setup.knee / 2 / 5;
  const quiet: Source[] = OTHERS.map((tenant) => ({ tenant, perSecond: own }));
  const of = (perSecond: number): GroupResult =>
    measure(setup, [{ tenant: "a", perSecond }, ...quiet], { rule, seed }).of(...OTHERS);
  const [before, during] = [of(own), of(20 * own)];
  return {
    "P99 TTFT before, ms": before.ttftP99Ms,
    "P99 TTFT, ms": during.ttftP99Ms,
    "rise, %": 100 * (during.ttftP99Ms / before.ttftP99Ms - 1),
    "goodput before, %": 100 * before.goodput,
    "goodput, %": 100 * during.goodput,
  };
}

/** Interactive at half of the knee, and batch enough to fill all. */
function batch(setup: AdmissionSetup, rule: Rule, seed: string): Record<string, number> {
  const interactive: Source = { tenant: "people", priority: "interactive", perSecond: setup.knee / 2 };
  const work: Source = { tenant: "work", priority: "batch", perSecond: setup.knee };
  const alone = measure(setup, [interactive], { rule, seed }).of();
  const both = measure(setup, [interactive, work], { rule, seed });
  const people = both.of("people");
  return {
    "interactive P99 TTFT alone, ms": alone.ttftP99Ms,
    "interactive P99 TTFT, ms": people.ttftP99Ms,
    "rise, %": 100 * (people.ttftP99Ms / alone.ttftP99Ms - 1),
    "interactive goodput, %": 100 * people.goodput,
    "batch tokens ÷ interactive tokens": both.of("work").served / people.served,
  };
}

/** Eight tenants, demand 1 to 10, the least of which asks for more than its share. */
function fairness(setup: AdmissionSetup, rule: Rule, seed: string): Record<string, number> {
  const tenants = Array.from({ length: 8 }, (_, i) => `t${i}`);
  const least = setup.knee / 6;
  const sources = tenants.map((tenant, i) => ({ tenant, perSecond: least * (1 + (9 * i) / 7) }));
  const run = measure(setup, sources, { rule, seed });
  return {
    "fairness index": jain(tenants.map((tenant) => run.of(tenant).served)),
    "goodput, requests/s": run.of().goodPerSecond,
  };
}

function overload(setup: AdmissionSetup, rule: Rule, seed: string): Record<string, number> {
  const of = (perSecond: number): GroupResult => measure(setup, [{ tenant: "a", perSecond }], { rule, seed }).of();
  const [knee, twice] = [of(setup.knee), of(2 * setup.knee)];
  return {
    "goodput at the knee, requests/s": knee.goodPerSecond,
    "goodput at 2 ×, requests/s": twice.goodPerSecond,
    "share of the knee's, %": (100 * twice.goodPerSecond) / knee.goodPerSecond,
    "turned away, %": 100 * twice.rejected,
    "P99 TTFT of the served, ms": twice.ttftP99Ms,
  };
}

function mean(
  { seeds, firstSeed }: AdmissionSetup,
  of: (seed: string) => Record<string, number>,
): Record<string, number> {
  const all = Array.from({ length: seeds }, (_, i) => of(String(firstSeed + i)));
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, all.reduce((sum, one) => sum + (one[name] ?? 0), 0) / seeds]));
}
