// Where the gateway's tokenizer really comes from, by the fields of a deployment file; the hub is played by a local server.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { textModels } from "../../src/app/text-models.ts";
import { deploymentText, type JsonObject, load } from "../config/deployment-text.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { upstream } from "../gateway/harness.ts";
import { tinyJson } from "../tokens/tiny-tokenizer.ts";

const TINY = JSON.stringify(tinyJson());

/** Token ids of a text that the tiny tokenizer knows as one; undefined = no tokenizer. */
async function tokensOf(spec: JsonObject): Promise<ArrayLike<number> | undefined> {
  const models = await textModels([load(deploymentText({ spec }))]);
  return models.get("one")?.tokenizer.encode("Hi");
}

test("tokenizer.source, tokenizer.path and model.source local: a folder, the built-in one, or none", async () => {
  const folder = join(temporaryFolder(), "model");
  mkdirSync(folder);
  writeFileSync(join(folder, "tokenizer.json"), TINY);
  assert.deepEqual(await tokensOf({ tokenizer: { source: "path", path: folder } }), [256]);
  assert.deepEqual(await tokensOf({ tokenizer: { path: join(folder, "tokenizer.json") } }), [256]);
  assert.deepEqual(await tokensOf({ model: { source: "local", name: folder } }), [256]);
  assert.equal(await tokensOf({ tokenizer: { source: "none" } }), undefined);
  const builtin = await tokensOf({ tokenizer: { source: "builtin" } });
  assert.ok(builtin !== undefined && builtin[0] !== 256);
});

test("tokenizer.source hub, tokenizer.revision and model.tokenizer: what is fetched from the hub", async (t) => {
  const hub = await upstream(({ path }, response) => {
    const found = path.endsWith("/tokenizer.json");
    response.writeHead(found ? 200 : 404).end(found ? TINY : "");
  });
  withEnvironment(t, { HF_ENDPOINT: hub.origin, HF_TOKEN: "", XDG_CACHE_HOME: temporaryFolder() });
  const fetched = async (spec: JsonObject) => {
    const before = hub.requests.length;
    assert.deepEqual(await tokensOf(spec), [256]);
    return hub.requests[before]?.path;
  };
  assert.equal(await fetched({}), "/org/model/resolve/main/tokenizer.json");
  assert.equal(await fetched({ tokenizer: { source: "hub", revision: "v2" } }), "/org/model/resolve/v2/tokenizer.json");
  assert.equal(await fetched({ model: { tokenizer: "org/other" } }), "/org/other/resolve/main/tokenizer.json");
});

function withEnvironment(t: TestContext, change: Readonly<Record<string, string>>): void {
  const before = Object.keys(change).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, change);
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}
