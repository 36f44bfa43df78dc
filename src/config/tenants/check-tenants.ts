// Plain values → a Tenants document of the right shape, or what is wrong with each field.
import { isIP } from "node:net";
import { valueAt } from "../check-shape.ts";
import { problemsOfIssue } from "../migration/check-migration.ts";
import type { Path } from "../position.ts";
import type { Problem } from "../problem.ts";
import { type TenantsDocument, tenantsSchema } from "./tenants-schema.ts";

export interface TenantsShape {
  readonly problems: readonly Problem[];
  /** Undefined when there is an error. */
  readonly document: TenantsDocument | undefined;
}

export function isTenants(value: unknown): boolean {
  return valueAt(value, ["kind"]) === "Tenants";
}

const SCHEMA = "schema/tenants.schema.json";

export function checkTenants(value: unknown): TenantsShape {
  const parsed = tenantsSchema.safeParse(value);
  if (!parsed.success) {
    return { problems: parsed.error.issues.flatMap((one) => problemsOfIssue(one, value, SCHEMA)), document: undefined };
  }
  const problems = rules(parsed.data);
  return { problems, document: problems.length === 0 ? parsed.data : undefined };
}

function rules({ spec }: TenantsDocument): Problem[] {
  return [...namedTwice(spec), ...jwksRule(spec), ...addresses(spec), ...priced(spec), ...countable(spec)];
}

type Spec = TenantsDocument["spec"];

function namedTwice({ tenants }: Spec): Problem[] {
  const seen = new Set<string>(["anonymous"]);
  return tenants.flatMap(({ name }, i) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [conflict(["spec", "tenants", i, "name"], "is taken", { value: name, expected: "a name of its own" })];
  });
}

function jwksRule({ jwt }: Spec): Problem[] {
  return jwt.flatMap((one, i) =>
    (one.jwksUrl === undefined) === (one.jwksFile === undefined)
      ? [conflict(["spec", "jwt", i], "must have either jwksUrl or jwksFile")]
      : [],
  );
}

function addresses({ trustedHeader }: Spec): Problem[] {
  return (trustedHeader?.from ?? []).flatMap((value, i) =>
    isRange(value)
      ? []
      : [conflict(["spec", "trustedHeader", "from", i], "is no address or range", { value, expected: "10.0.0.0/8" })],
  );
}

function isRange(value: string): boolean {
  const [address = "", bits] = value.split("/");
  const family = isIP(address);
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 4 ? 32 : 128));
}

/** A budget in money without any price would never end. */
function priced(spec: Spec): Problem[] {
  if (Object.keys(spec.prices).length > 0) return [];
  const expected = "spec.prices";
  return moneyBudgets(spec).map(({ path }) =>
    conflict(path.slice(0, -1), "is in money, and there are no prices", { expected }),
  );
}

/** Billionths beyond 2^53 would not be counted exactly, and a budget beyond them would never end. */
const MOST_MONEY = 9_000_000;

function countable(spec: Spec): Problem[] {
  return moneyBudgets(spec)
    .filter(({ amount }) => amount > MOST_MONEY)
    .map(({ path, amount: value }) =>
      conflict([...path, "amount"], "is more money than is counted exactly", {
        value,
        expected: `at most ${MOST_MONEY}; prices in a larger unit`,
      }),
    );
}

interface MoneyBudget {
  readonly path: Path;
  readonly amount: number;
}

function moneyBudgets({ tenants, defaults }: Spec): MoneyBudget[] {
  const all = [
    ...tenants.map((one, i) => [one, ["spec", "tenants", i]] as const),
    [defaults, ["spec", "defaults"]] as const,
  ];
  return all.flatMap(([{ limits, keyLimits, models }, path]) => [
    ...moneyIn(limits, [...path, "limits"]),
    ...moneyIn(keyLimits, [...path, "keyLimits"]),
    ...Object.entries(models).flatMap(([name, one]) => moneyIn(one, [...path, "models", name])),
  ]);
}

function moneyIn({ budgets = [] }: Spec["defaults"]["limits"], path: Path): MoneyBudget[] {
  return budgets.flatMap(({ unit, amount }, i) =>
    unit === "money" ? [{ path: [...path, "budgets", i], amount }] : [],
  );
}

function conflict(path: Path, message: string, more: Pick<Problem, "value" | "expected"> = {}): Problem {
  return { severity: "error", code: "conflict", path, message, ...more };
}
