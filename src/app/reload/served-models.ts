// The models as clients name them; replaced in one step, their tokenizers loaded before it.
import { type Deployment, policySpec } from "../../config/index.ts";
import type { Clock } from "../../core/index.ts";
import type { GatewayModel } from "../../gateway/index.ts";
import type { TextModel } from "../../tokens/index.ts";
import { gatewayModels } from "../gateway-models.ts";
import { type LongPrompts, longPrompts } from "../long-prompts.ts";
import { textModels } from "../text-models.ts";

export interface ServedModels {
  get(name: string): GatewayModel | undefined;
  /** In force. */
  readonly deployments: readonly Deployment[];
  /** Loads what is new, off to the side; the result puts it in force. Throws when a tokenizer cannot be loaded. */
  prepare(deployments: readonly Deployment[]): Promise<() => void>;
  close(): Promise<void>;
}

/** Longer than a thread may take for one prompt. */
const THREAD_END_MS = 10_000;

interface Reader {
  readonly text: TextModel | undefined;
  readonly long: LongPrompts;
}

interface Held {
  readonly deployment: Deployment;
  readonly reader: Reader;
}

export function servedModels(clock: Clock): ServedModels {
  let held: ReadonlyMap<string, Held> = new Map();
  let models: ReadonlyMap<string, GatewayModel> = new Map();
  let inForce: readonly Deployment[] = [];

  async function prepare(deployments: readonly Deployment[]): Promise<() => void> {
    const fresh = deployments.filter((one) => !sameTokenizer(held.get(one.name)?.deployment, one));
    const texts = await textModels(fresh);
    const next = new Map(
      deployments.map((one) => [one.name, { deployment: one, reader: readerOf(one, texts) }] as const),
    );
    const text = new Map([...next].map(([name, one]) => [name, one.reader.text]));
    const made = gatewayModels(deployments, text, (one) => (next.get(one.name) ?? unknown(one)).reader.long);
    return () => {
      inForce = deployments;
      commit(next, made);
    };
  }

  function readerOf(deployment: Deployment, texts: ReadonlyMap<string, TextModel | undefined>): Reader {
    const known = texts.has(deployment.name) ? undefined : held.get(deployment.name);
    return known?.reader ?? { text: texts.get(deployment.name), long: longPrompts(deployment.tokenizer, clock) };
  }

  function commit(next: ReadonlyMap<string, Held>, made: ReadonlyMap<string, GatewayModel>): void {
    const kept = new Set([...next.values()].map(({ reader }) => reader.long));
    const ended = [...held.values()].map(({ reader }) => reader.long).filter((one) => !kept.has(one));
    const before = models;
    models = withPolicies(made, before, (name) => sameAlgorithm(held, next, name));
    held = next;
    if (ended.length > 0) clock.after(THREAD_END_MS, () => void ended.map((one) => one.close()));
  }

  return {
    get: (name) => models.get(name),
    get deployments() {
      return inForce;
    },
    prepare,
    close: async () => {
      await Promise.all([...held.values()].map(({ reader }) => reader.long.close()));
    },
  };
}

function unknown({ name }: Deployment): never {
  throw new RangeError(`no reader for ${name}`);
}

function sameTokenizer(a: Deployment | undefined, b: Deployment): boolean {
  return a !== undefined && JSON.stringify(a.tokenizer) === JSON.stringify(b.tokenizer);
}

function sameAlgorithm(before: ReadonlyMap<string, Held>, next: ReadonlyMap<string, Held>, model: string): boolean {
  const specOf = (all: ReadonlyMap<string, Held>): string | undefined => {
    const found = [...all.values()].find(({ deployment }) => deployment.model.servedNames.includes(model));
    return found && policySpec(found.deployment.routing);
  };
  return specOf(before) === specOf(next);
}

/** A policy that stays keeps what it has learnt, such as whose turn it is. */
function withPolicies(
  made: ReadonlyMap<string, GatewayModel>,
  before: ReadonlyMap<string, GatewayModel>,
  stays: (name: string) => boolean,
): ReadonlyMap<string, GatewayModel> {
  const patched = new Map<GatewayModel, GatewayModel>();
  for (const model of new Set(made.values())) {
    const old = stays(model.name) ? before.get(model.name) : undefined;
    patched.set(model, old === undefined ? model : { ...model, policy: old.policy, loadPolicy: old.loadPolicy });
  }
  return new Map([...made].map(([name, model]) => [name, patched.get(model) ?? model]));
}
