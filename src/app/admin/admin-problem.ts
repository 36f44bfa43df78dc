// A request of the admin API that is answered with an error: its status, its text, and what else the answer holds.

export class AdminProblem extends Error {
  override readonly name = "AdminProblem";
  readonly status: number;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.more = more;
  }
}

const MOST_NAMES = 20;
const MAX_SHOWN = 80;

/** A member of the body. */
export function badMember(name: string, expected: string, found: unknown): AdminProblem {
  const shown = found === undefined ? "nothing" : JSON.stringify(found).slice(0, MAX_SHOWN);
  return new AdminProblem(400, `${name}: expected ${expected}, found ${shown}`);
}

interface Sought<One> {
  readonly what: string;
  readonly name: string;
  readonly nameOf: (one: One) => string;
}

/** Throws what the admin API answers when there is none of that name. */
export function found<One>(all: readonly One[], { what, name, nameOf }: Sought<One>): One {
  const one = all.find((each) => nameOf(each) === name);
  if (one !== undefined) return one;
  throw noSuch(what, name, all.map(nameOf));
}

/** Says what there is instead: a name is mistyped more often than it is gone. */
function noSuch(what: string, name: string, known: readonly string[]): AdminProblem {
  const left = known.length - MOST_NAMES;
  const names = `${known.slice(0, MOST_NAMES).join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
  const there = known.length === 0 ? "there is none" : `known: ${names}`;
  return new AdminProblem(404, `no ${what} ${name.slice(0, MAX_SHOWN)}; ${there}`);
}
