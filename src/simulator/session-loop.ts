// Arrivals of clients that wait: a turn of a session comes its pause after the answer to the turn before it.
import type { ArrivalSource } from "./arrivals-source.ts";
import type { Random } from "../core/index.ts";
import type { PlannedSimulation } from "./contents.ts";

export interface SessionLoopOptions {
  /** Sessions at once; a new one begins when one ends. Undefined = each begins at its own time. */
  readonly concurrency: number | undefined;
  /** The first of `concurrency` sessions begin over so long a time. */
  readonly staggerMs: number;
  readonly random: Random;
}

interface Session {
  readonly turns: readonly PlannedSimulation[];
  next: number;
}

interface Waiting {
  readonly atMs: number;
  readonly session: Session;
}

/** `planned` in order of time; a request without a session is one by itself. */
export function sessionLoop(planned: readonly PlannedSimulation[], options: SessionLoopOptions): ArrivalSource {
  const { concurrency, staggerMs, random } = options;
  const sessions = sessionsOf(planned);
  const named = new Map(sessions.map((one) => [one.turns[0]?.session, one]));
  /** Falling in time; what comes next is last. */
  const waiting: Waiting[] = [];
  let begun = 0;

  function begin(atMs: number | undefined): void {
    const session = sessions[begun];
    if (session === undefined) return;
    begun++;
    insert(waiting, { atMs: atMs ?? session.turns[0]?.atMs ?? 0, session });
  }

  if (concurrency === undefined) {
    // The last comes first, so that each is put at the end.
    for (const session of sessions.toReversed()) waiting.push({ atMs: session.turns[0]?.atMs ?? 0, session });
    begun = sessions.length;
  } else for (let i = 0; i < Math.min(concurrency, sessions.length); i++) begin(staggerMs * random.next());

  return {
    isClosed: true,
    get nextAt() {
      return waiting.at(-1)?.atMs ?? Number.POSITIVE_INFINITY;
    },
    take() {
      const due = waiting.pop();
      const turn = due?.session.turns[due.session.next++];
      if (due === undefined || turn === undefined) throw new RangeError("no arrival is left");
      return { ...turn, atMs: due.atMs };
    },
    ended(atMs, name) {
      const session = name === undefined ? undefined : named.get(name);
      const turn = session?.turns[session.next];
      if (session !== undefined && turn !== undefined)
        insert(waiting, { atMs: atMs + pauseBefore(session, turn), session });
      else if (concurrency !== undefined) begin(atMs);
    },
  };
}

/** Without a recorded pause: the time between the turns as recorded. */
function pauseBefore({ turns, next }: Session, turn: PlannedSimulation): number {
  return turn.pauseMs ?? Math.max(0, turn.atMs - (turns[next - 1]?.atMs ?? turn.atMs));
}

function sessionsOf(planned: readonly PlannedSimulation[]): Session[] {
  const found = new Map<string, PlannedSimulation[]>();
  const all: PlannedSimulation[][] = [];
  for (const one of planned) {
    const before = one.session === undefined ? undefined : found.get(one.session);
    if (before !== undefined) before.push(one);
    else {
      const turns = [one];
      all.push(turns);
      if (one.session !== undefined) found.set(one.session, turns);
    }
  }
  return all.map((turns) => ({ turns, next: 0 }));
}

function insert(list: Waiting[], one: Waiting): void {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.atMs ?? 0) > one.atMs) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, one);
}
