// One client's stream, taken apart: what must hold of any stream, and what can be compared with an uninterrupted one.
import assert from "node:assert/strict";

export interface Taken {
  readonly text: string;
  readonly ids: readonly number[];
  readonly roles: number;
  readonly finishes: readonly unknown[];
  readonly stopReasons: readonly unknown[];
  readonly usages: readonly Readonly<Record<string, unknown>>[];
  readonly errors: readonly string[];
  /** Fields that stand in every event. */
  readonly heads: readonly string[];
  /** The members of each event, in order, without what depends on the chunking. */
  readonly shapes: ReadonlySet<string>;
  readonly done: number;
}

interface Event {
  readonly id?: string;
  readonly created?: number;
  readonly model?: string;
  readonly object?: string;
  readonly error?: { readonly message: string };
  readonly usage?: Record<string, unknown> | null;
  readonly choices?: readonly Choice[];
}

interface Choice {
  readonly text?: string;
  readonly delta?: { readonly role?: string; readonly content?: string };
  readonly token_ids?: readonly number[] | null;
  readonly finish_reason?: string | null;
  readonly stop_reason?: unknown;
}

export function takeApart(body: string): Taken {
  const datas = body.split("\n\n").filter((one) => one !== "");
  for (const data of datas) assert.ok(data.startsWith("data: "), `an event that is none: ${JSON.stringify(data)}`);
  const events = datas.filter((one) => one !== "data: [DONE]").map((one) => JSON.parse(one.slice(6)) as Event);
  const choices = events.flatMap((one) => one.choices ?? []);
  const normal = events.filter((one) => one.error === undefined);
  return {
    text: choices.map((one) => one.text ?? one.delta?.content ?? "").join(""),
    ids: choices.flatMap((one) => one.token_ids ?? []),
    roles: choices.filter((one) => one.delta?.role !== undefined).length,
    finishes: choices.map((one) => one.finish_reason).filter((one) => one !== null && one !== undefined),
    stopReasons: choices.map((one) => one.stop_reason).filter((one) => one !== null && one !== undefined),
    usages: events.filter((one) => one.choices?.length === 0).map((one) => one.usage ?? {}),
    errors: events.flatMap((one) => (one.error === undefined ? [] : [one.error.message])),
    heads: [...new Set(normal.map(({ id, created, model, object }) => `${id} ${created} ${model} ${object}`))],
    shapes: new Set(normal.map(shapeOf)),
    done: datas.filter((one) => one === "data: [DONE]").length,
  };
}

function shapeOf(event: Event): string {
  const choice = event.choices?.[0];
  return `${Object.keys(event).join(",")} | ${Object.keys(choice ?? {}).join(",")} | ${Object.keys(choice?.delta ?? {}).join(",")}`;
}

/** What a client may rely on of a stream that did not fail. */
export function assertSame(got: Taken, want: Taken, what: string): void {
  assert.deepEqual(got.errors, [], what);
  assert.equal(got.text, want.text, `${what}: text`);
  assert.deepEqual(got.ids, want.ids, `${what}: ids`);
  assert.equal(got.roles, want.roles, `${what}: roles`);
  assert.deepEqual(got.finishes, want.finishes, `${what}: finish`);
  assert.deepEqual(got.stopReasons, want.stopReasons, `${what}: stop reason`);
  assert.deepEqual(got.usages.map(withoutCached), want.usages.map(withoutCached), `${what}: usage`);
  assert.equal(got.heads.length, 1, `${what}: ${got.heads.join(" / ")}`);
  assert.equal(got.done, 1, `${what}: [DONE]`);
}

/** Which tokens a worker had in its cache depends on what it served before. */
function withoutCached(usage: Readonly<Record<string, unknown>>): object {
  return { ...usage, prompt_tokens_details: undefined };
}
