// Everything that the proof of autoscaling measures.
import type { ScalingResult } from "../../src/simulator/index.ts";
import type { Machine } from "../lib/machine.ts";
import { missTable, oracle, type OracleResult } from "./oracle.ts";
import { type ReferenceRow, references } from "./references.ts";
import { type RuleName, variantsFor } from "./rules.ts";
import { runRule } from "./setting.ts";
import { type SettingName, settingOf, START_UPS_MS } from "./settings.ts";
import { type GatewaysRow, severalGateways } from "./several-gateways.ts";
import { twoModels, type TwoModelsReport } from "./two-models.ts";

export const ATTAINMENT = 0.99;

export interface RuleResult extends ScalingResult {
  readonly rule: RuleName;
  readonly setting: string;
}

export interface Cell {
  readonly name: SettingName;
  readonly startUpMs: number;
  readonly requests: number;
  readonly oracle: OracleResult;
  readonly rules: readonly RuleResult[];
}

export interface AutoscalingReport {
  readonly machine: Machine;
  readonly cells: readonly Cell[];
  /** Undefined where the day was not run. */
  readonly references?: readonly ReferenceRow[] | undefined;
  readonly twoModels: TwoModelsReport;
  readonly gateways: readonly GatewaysRow[];
}

export interface ReportOptions {
  readonly names: readonly SettingName[];
  readonly tell: (line: string) => void;
}

export function autoscalingReport(machine: Machine, { names, tell }: ReportOptions): AutoscalingReport {
  const cells = names.flatMap((name) => cellsOf(name, tell));
  const told = names.includes("day") ? { references: references(tell) } : {};
  return { machine, cells, ...told, twoModels: twoModels(), gateways: severalGateways() };
}

/** One a start-up time. */
export function cellsOf(name: SettingName, tell: (line: string) => void): Cell[] {
  const table = missTable(settingOf(name, 0));
  return START_UPS_MS.map((startUpMs) => {
    const setting = settingOf(name, startUpMs);
    const best = oracle(setting, table, ATTAINMENT);
    tell(`${name}, start-up ${startUpMs / 1000} s: oracle ${told(best)}`);
    const rules = variantsFor(name).map(({ rule, setting: tried, make }): RuleResult => {
      const result = { rule, setting: tried, ...runRule(setting, make(setting)) };
      tell(`  ${rule}, ${tried}: ${told(result)}`);
      return result;
    });
    return { name, startUpMs, requests: setting.planned.length, oracle: best, rules };
  });
}

function told({ attainment, gpuHours, scaleEventsPerHour }: ScalingResult): string {
  return `${(100 * attainment).toFixed(2)} % in ${gpuHours.toFixed(1)} GPU-hours, ${scaleEventsPerHour.toFixed(1)} changes/h`;
}
