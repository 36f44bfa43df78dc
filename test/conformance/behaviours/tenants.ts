// Tenants behind one gateway: what one has asked is cold for another, by the engine's count and by the gateway's prediction.
import assert from "node:assert/strict";
import { bodyOf } from "../answer.ts";
import { eventually, exchange } from "../http.ts";
import { completion, COMPLETIONS } from "../probes/requests.ts";
import { BLOCK_SIZE, type Case, type Target } from "../target.ts";
import { freshIds } from "./prefix-cache.ts";

/** For the gateway of these cases; two of the four share a cache. */
export const TENANTS = {
  apiVersion: "llm-d.nvidia.com/v1",
  kind: "Tenants",
  metadata: { name: "conformance" },
  spec: {
    tenants: [
      { name: "alice" },
      { name: "bob" },
      { name: "one", sharingGroup: "both" },
      { name: "two", sharingGroup: "both" },
    ],
  },
};

const BLOCKS = 8;
const WARM = BLOCKS * BLOCK_SIZE;

interface Cached {
  /** As the worker's usage says. */
  readonly computed: number;
  /** As the gateway believed when it chose the worker. */
  readonly predicted: number;
}

interface Tenant {
  readonly ask: (prompt: readonly number[], more?: object) => Promise<Cached>;
}

async function admin({ gateway }: Target, ask: { readonly path: string; readonly body?: object }) {
  assert.ok(gateway);
  const headers = { authorization: `Bearer ${gateway.adminToken}` };
  return bodyOf(await exchange(gateway.adminUrl, { ...ask, headers }));
}

async function tenant(target: Target, name: string): Promise<Tenant> {
  const made = await admin(target, { path: "/admin/v1/tenants/keys", body: { tenant: name } });
  const headers = { authorization: `Bearer ${made.at("key").text()}` };
  return {
    ask: async (prompt, more = {}) => {
      const body = completion({ prompt, max_tokens: 1, ...more });
      const answer = await exchange(target.url, { path: COMPLETIONS, body, headers });
      const receipt = await admin(target, { path: `/admin/v1/requests/${String(answer.headers["x-request-id"])}` });
      return {
        computed: bodyOf(answer).at("usage", "prompt_tokens_details", "cached_tokens").number(),
        predicted: receipt.at("legs", 0, "predicted", "cachedTokens").number(),
      };
    },
  };
}

const COLD: Cached = { computed: 0, predicted: 0 };

/** What was computed is predicted once its event has come. */
function warm(who: Tenant, prompt: readonly number[], more: object = {}): Promise<void> {
  return eventually("the prompt is warm, and predicted to be", async () => {
    const { computed, predicted } = await who.ask(prompt, more);
    return computed === WARM && predicted === WARM;
  });
}

function isolated(name: string, run: (target: Target) => Promise<void>): Case {
  return { topic: "tenants", name, run };
}

export const tenantCases: readonly Case[] = [
  isolated("the worker is seen to keep salts apart", (target) =>
    eventually("it was asked", async () => {
      const found = (await admin(target, { path: "/admin/v1/tenants" })).at("isolation").list();
      return found.length > 0 && found.every((one) => one.at("verdict").value === "works");
    }),
  ),
  isolated("a prompt that another tenant guesses is cold, computed and predicted", async (target) => {
    const [alice, bob] = [await tenant(target, "alice"), await tenant(target, "bob")];
    const prompt = freshIds(WARM + 1);
    assert.deepEqual(await alice.ask(prompt), COLD);
    await warm(alice, prompt);
    assert.deepEqual(await bob.ask(prompt), COLD);
    await warm(bob, prompt);
  }),
  isolated("a guessed salt reaches nobody's cache, an own one divides the tenant's", async (target) => {
    const [alice, bob] = [await tenant(target, "alice"), await tenant(target, "bob")];
    const prompt = freshIds(WARM + 1);
    const salted = { cache_salt: "known to both" };
    assert.deepEqual(await alice.ask(prompt, salted), COLD);
    await warm(alice, prompt, salted);
    assert.deepEqual(await bob.ask(prompt, salted), COLD);
    assert.deepEqual(await alice.ask(prompt), COLD);
  }),
  isolated("tenants of one sharing group find each other's prompts, nobody else does", async (target) => {
    const [one, two] = [await tenant(target, "one"), await tenant(target, "two")];
    const prompt = freshIds(WARM + 1);
    assert.deepEqual(await one.ask(prompt), COLD);
    await warm(two, prompt);
    assert.deepEqual(await (await tenant(target, "alice")).ask(prompt), COLD);
  }),
];
