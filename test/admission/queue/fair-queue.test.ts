// The fair queue: nobody is lost, nobody starves, everybody gets its share; on random loads.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  type Entry,
  fairQueue,
  gate,
  PRIORITY_CLASSES,
  recallable,
  type TurnedAway,
} from "../../../src/admission/index.ts";
import { classQueue } from "../../../src/admission/queue/class-queue.ts";

let number = 0;

function entry(more: Partial<Entry<number>> = {}): Entry<number> {
  return {
    item: number++,
    tenant: "a",
    weight: 1,
    priority: "default",
    deadlineAt: Number.POSITIVE_INFINITY,
    costMs: 100,
    enteredAt: 0,
    ...more,
  };
}

const anEntry = fc.record({
  tenant: fc.constantFrom("a", "b", "c", "d"),
  weight: fc.constantFrom(1, 2, 5),
  priority: fc.constantFrom(...PRIORITY_CLASSES),
  deadlineAt: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constant(Number.POSITIVE_INFINITY)),
  costMs: fc.integer({ min: 1, max: 5000 }),
});

const aStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("push" as const), given: anEntry }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("serve" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), nth: fc.nat(50) }) },
);

test("property: each entry is served, removed, pushed out or still there, exactly once, and never more than the limit wait", () => {
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 200 }), fc.integer({ min: 0, max: 12 }), (steps, limit) => {
      const queue = fairQueue<number>({ limit, starvationMs: 1000 });
      const inside = new Set<Entry<number>>();
      let now = 0;
      for (const step of steps) {
        now += 50;
        if (step.do === "push") {
          const one = entry({ ...step.given, enteredAt: now });
          inside.add(one);
          const out = queue.push(one);
          if (out !== undefined) assert.ok(inside.delete(out), "who leaves was there");
        } else if (step.do === "serve") {
          const head = queue.head(now);
          assert.equal(head === undefined, inside.size === 0);
          if (head === undefined) continue;
          queue.serve(head, now);
          assert.ok(inside.delete(head), "served once");
        } else {
          const one = [...inside][step.nth];
          if (one === undefined) continue;
          assert.equal(queue.remove(one), true);
          assert.equal(queue.remove(one), false);
          inside.delete(one);
        }
        assert.equal(queue.length, inside.size);
        assert.ok(queue.length <= limit);
        const sum = [...inside].reduce((all, { costMs }) => all + costMs, 0);
        assert.ok(Math.abs(queue.queuedMs - sum) < 1e-6 * (1 + sum));
      }
    }),
    { numRuns: 300 },
  );
});

test("property: tenants that all wait get time by weight, whatever each one floods with", () => {
  const flood = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 100, maxLength: 300 });
  fc.assert(
    fc.property(flood, flood, fc.constantFrom(1, 2, 4), (mine, theirs, weight) => {
      const queue = fairQueue<number>({ limit: 10_000, starvationMs: 1e9 });
      for (const costMs of mine) queue.push(entry({ tenant: "a", costMs }));
      for (const costMs of theirs) queue.push(entry({ tenant: "b", weight, costMs }));
      const served = { a: 0, b: 0 };
      const left = { a: mine.length, b: theirs.length };
      while (left.a > 0 && left.b > 0) {
        const head = queue.head(0);
        assert.ok(head !== undefined);
        queue.serve(head, 0);
        const who = head.tenant === "a" ? "a" : "b";
        left[who]--;
        served[who] += head.costMs / head.weight;
        // At most one request of each and what counts as level.
        assert.ok(Math.abs(served.a - served.b) <= 400 + 400 + 50, `${served.a} ${served.b}`);
      }
    }),
    { numRuns: 100 },
  );
});

test("property: a tenant that comes back after a pause waits for at most one request of each other tenant", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 6 }), (before, others) => {
      const queue = fairQueue<number>({ limit: 10_000, starvationMs: 1e9 });
      for (let i = 0; i < 200; i++)
        for (let other = 0; other < others; other++) queue.push(entry({ tenant: `o${other}` }));
      for (let i = 0; i < before; i++) {
        const head = queue.head(0);
        if (head !== undefined) queue.serve(head, 0);
      }
      const late = entry({ tenant: "late" });
      queue.push(late);
      let ahead = 0;
      for (let head = queue.head(0); head !== undefined && head !== late; head = queue.head(0)) {
        queue.serve(head, 0);
        ahead++;
      }
      assert.ok(ahead <= 2 * others, `${ahead} before it`);
    }),
    { numRuns: 100 },
  );
});

test("property: a class in which something waits is served within the starvation bound and one service of each other class", () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 2000 }), fc.integer({ min: 5, max: 60 }), (starvationMs, stepMs) => {
      const queue = fairQueue<number>({ limit: 1e6, starvationMs });
      const last = new Map<string, number>(PRIORITY_CLASSES.map((name) => [name, 0]));
      for (const priority of PRIORITY_CLASSES)
        for (let i = 0; i < 600; i++) queue.push(entry({ priority, tenant: `t${i % 3}` }));
      for (let now = 0; now < 500 * stepMs; now += stepMs) {
        const head = queue.head(now);
        assert.ok(head !== undefined);
        queue.serve(head, now);
        last.set(head.priority, now);
        for (const [name, at] of last)
          assert.ok(now - at <= starvationMs + PRIORITY_CLASSES.length * stepMs, `${name} starves since ${at}`);
      }
    }),
    { numRuns: 30 },
  );
});

test("classes in order, then the earliest deadline of tenants that are level, then who came first", () => {
  const queue = fairQueue<number>({ limit: 10, starvationMs: 1e9 });
  const batch = entry({ priority: "batch", deadlineAt: 1 });
  const late = entry({ tenant: "a", deadlineAt: 500 });
  const soon = entry({ tenant: "b", deadlineAt: 300 });
  const system = entry({ priority: "system" });
  for (const one of [batch, late, soon, system]) queue.push(one);
  const order: Entry<number>[] = [];
  for (let head = queue.head(0); head !== undefined; head = queue.head(0)) {
    queue.serve(head, 0);
    order.push(head);
  }
  assert.deepEqual(order, [system, soon, late, batch]);
});

test("property: within a tenant's own requests of a class the earliest deadline is first, then who came first", () => {
  const mine = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(Number.POSITIVE_INFINITY)), {
    minLength: 2,
    maxLength: 40,
  });
  fc.assert(
    fc.property(mine, fc.integer({ min: 0, max: 20 }), (deadlines, others) => {
      const queue = fairQueue<number>({ limit: 1000, starvationMs: 1e9 });
      const entries = deadlines.map((deadlineAt, i) => entry({ tenant: "a", deadlineAt, item: i }));
      for (const one of entries) queue.push(one);
      for (let i = 0; i < others; i++) queue.push(entry({ tenant: "b", deadlineAt: i }));
      const served: Entry<number>[] = [];
      for (let head = queue.head(0); head !== undefined; head = queue.head(0)) {
        queue.serve(head, 0);
        if (head.tenant === "a") served.push(head);
      }
      const due = entries.toSorted((a, b) =>
        a.deadlineAt === b.deadlineAt ? a.item - b.item : a.deadlineAt - b.deadlineAt,
      );
      assert.deepEqual(served, due);
    }),
    { numRuns: 100 },
  );
});

test("a full queue pushes out the lowest class, then the tenant with the most waiting, and never a higher class", () => {
  const queue = fairQueue<number>({ limit: 3, starvationMs: 1e9 });
  const batch = entry({ priority: "batch" });
  const [first, second, third] = [entry(), entry(), entry()];
  for (const one of [batch, first, second]) assert.equal(queue.push(one), undefined);
  assert.equal(queue.push(third), batch);
  const other = entry({ tenant: "b" });
  assert.equal(queue.push(other), third, "of the flooding tenant, the last one");
  const low = entry({ priority: "batch" });
  assert.equal(queue.push(low), low);
});

test("the gate admits while there is room, turns away what is hopeless, and tells when to come again", () => {
  const seen: string[] = [];
  let room = 1;
  const one = gate<string>({
    limit: 2,
    starvationMs: 1e9,
    calls: {
      hasRoom: () => room > 0,
      ttftMs: () => 100,
      workers: () => 2,
      admit(item) {
        room--;
        seen.push(`sent ${item}`);
      },
      turnAway: (item, why: TurnedAway, retryAfterMs) => void seen.push(`${why} ${item} ${retryAfterMs}`),
    },
  });
  const of = (item: string, more: Partial<Entry<string>> = {}): Entry<string> => ({ ...entry(), ...more, item });
  one.enter(of("first"), 0);
  one.enter(of("soon", { deadlineAt: 250, costMs: 9000 }), 0);
  one.enter(of("later", { costMs: 9000 }), 0);
  one.enter(of("much", { costMs: 9000 }), 0);
  assert.deepEqual(seen, ["sent first", "full much 9000"]);
  one.drain(60);
  assert.deepEqual(seen.slice(2), ["hopeless soon 4500"]);
  room = 1;
  one.drain(70);
  assert.deepEqual(seen.slice(3), ["sent later"]);
});

test("where a request waits, the last batch request that has not begun gives way; it waits again", () => {
  const calls: string[] = [];
  const begun = new Set<string>();
  let room = 3;
  const sent = recallable<string>({
    hasBegun: (item) => begun.has(item),
    recall(item) {
      calls.push(`back ${item}`);
      if (item === "never") return false;
      room++;
      return true;
    },
  });
  const one = gate<string>({
    limit: 10,
    starvationMs: 1e9,
    sent,
    calls: {
      hasRoom: () => room > 0,
      ttftMs: () => 1,
      workers: () => 1,
      admit(item) {
        room--;
        calls.push(`sent ${item}`);
      },
      turnAway: (item) => void calls.push(`away ${item}`),
    },
  });
  const enter = (item: string, priority: Entry<string>["priority"]): void => {
    const waiting = { ...entry({ priority }), item };
    one.enter(waiting, 0);
    one.makeWay(waiting, 0);
  };
  for (const item of ["early", "begun", "never"]) enter(item, "batch");
  begun.add("begun");
  enter("more batch", "batch");
  assert.deepEqual(calls, ["sent early", "sent begun", "sent never"]);
  enter("quick", "interactive");
  assert.deepEqual(calls.slice(3), ["back never", "back early", "sent quick"]);
  enter("next", "interactive");
  assert.equal(one.queue.length, 2, "nothing is left that could give way");
  assert.equal(calls.length, 6);
});

test("what may give way is forgotten once it has begun", () => {
  let asked = 0;
  const sent = recallable<number>({ hasBegun: () => ++asked > 0, recall: () => true });
  for (let i = 0; i < 1000; i++) sent.sent(i);
  assert.equal(asked, 999, "each is looked at once: none stays");
  assert.equal(sent.giveWay(), false);
});

test("batch yields all it can, a tenant far ahead yields some, and what has starved yields no more than that", () => {
  const queue = fairQueue<number>({ limit: 100, starvationMs: 1000 });
  const batch = entry({ priority: "batch" });
  queue.push(batch);
  assert.equal(queue.yields(batch, 0), "all");
  assert.equal(queue.yields(batch, 1000), "some");
  const [busy, other] = [entry({ tenant: "busy", costMs: 9000 }), entry({ tenant: "other", costMs: 1 })];
  for (const one of [busy, other]) queue.push(one);
  assert.equal(queue.yields(busy, 0), "none");
  queue.serve(busy, 0);
  const next = entry({ tenant: "busy" });
  queue.push(next);
  assert.equal(queue.yields(next, 0), "some");
  assert.equal(queue.yields(other, 0), "none");
});

test("in a flood those who come now and then are not ahead of each other, whenever each of them came last", () => {
  const queue = fairQueue<number>({ limit: 1000, starvationMs: 1e9 });
  const serve = (one: Entry<number>, now: number): string => {
    const yields = queue.yields(one, now);
    queue.serve(one, now);
    return yields;
  };
  let waiting = entry({ tenant: "flood" });
  const of: Record<string, string[]> = { flood: [], quiet: [] };
  queue.push(waiting);
  for (let now = 100; now < 60_000; now += 100) {
    const next = entry({ tenant: "flood", costMs: 300, enteredAt: now });
    queue.push(next);
    of["flood"]?.push(serve(waiting, now));
    waiting = next;
    if (now % 1300 !== 0) continue;
    const one = entry({ tenant: `quiet ${(now / 1300) % 4}`, costMs: 300, enteredAt: now });
    queue.push(one);
    of["quiet"]?.push(serve(one, now));
  }
  assert.deepEqual(new Set(of["quiet"]), new Set(["none"]));
  assert.deepEqual(new Set(of["flood"]?.slice(100)), new Set(["some"]));
});

test("names of tenants that are gone take no memory, though somebody always waits", () => {
  const queue = classQueue<number>();
  queue.push(entry({ tenant: "waits" }));
  for (let now = 0; now < 1_000_000; now += 100) {
    const one = entry({ tenant: `once at ${now}`, costMs: 5000, enteredAt: now });
    queue.push(one);
    queue.serve(one, now);
    assert.ok(queue.tenants <= 400, `${queue.tenants}, of which 100 were there in the last ten seconds`);
  }
  assert.equal(queue.head()?.tenant, "waits");
});

test("property: who comes again after Retry-After finds its turn near: not much earlier, not much later", () => {
  const MOST = 2000;
  const costs = fc.array(fc.integer({ min: 200, max: MOST }), { minLength: 5, maxLength: 40 });
  fc.assert(
    fc.property(costs, fc.integer({ min: 1, max: 4 }), (all, workers) => {
      let now = 0;
      let told = 0;
      const busyUntil: number[] = [];
      const one = gate<number>({
        limit: all.length,
        starvationMs: 1e9,
        calls: {
          hasRoom: () => busyUntil.filter((until) => until > now).length < workers,
          ttftMs: () => 1,
          workers: () => workers,
          admit: (costMs) => void busyUntil.push(now + costMs),
          turnAway: (_item, _why, retryAfterMs) => void (told = retryAfterMs),
        },
      });
      const enter = (costMs: number) => one.enter({ ...entry(), item: costMs, costMs }, now);
      for (let i = 0; i < workers; i++) enter(1);
      for (const costMs of all) enter(costMs);
      enter(MOST);
      assert.ok(told >= 1000);
      const waiting = (until: number): number => {
        for (; now < until; now += 10) one.drain(now);
        return one.queue.queuedMs;
      };
      const slack = workers * MOST;
      assert.ok(waiting(told / 2) >= one.queue.length && one.queue.queuedMs >= (told * workers) / 2 - slack);
      assert.ok(waiting(told + 20 * all.length) <= slack, `${one.queue.queuedMs} ms wait after ${told} ms`);
    }),
    { numRuns: 100 },
  );
});
