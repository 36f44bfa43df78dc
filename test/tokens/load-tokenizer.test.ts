// Folders in the Hugging Face layout.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadTextModel } from "../../src/tokens/index.ts";
import { QWEN3_FOLDER } from "./qwen3.ts";
import { tinyJson } from "./tiny-tokenizer.ts";

async function withFolder(
  files: Readonly<Record<string, string>>,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "switchgear-tokenizer-"));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const message = { role: "user", content: "x" };

test("a folder, or its tokenizer.json, by path", async () => {
  const real = await loadTextModel({ source: "path", path: QWEN3_FOLDER });
  assert.equal(real?.tokenizer.name, join(QWEN3_FOLDER, "tokenizer.json"));
  assert.equal(real?.template?.contentFormat, "string");
  assert.deepEqual(real?.tokenizer.endOfSequence, [151645]);
  await withFolder({ "tokenizer.json": JSON.stringify(tinyJson()) }, async (folder) => {
    const model = await loadTextModel({ source: "path", path: join(folder, "tokenizer.json") });
    assert.deepEqual(model?.tokenizer.encode("Hi"), [256]);
    assert.equal(model?.template, undefined);
  });
});

test("chat_template.jinja wins over the configuration; of several templates the default one is taken", async () => {
  const chat_template = [
    { name: "tool_use", template: "T" },
    { name: "default", template: "D{{ eos_token }}" },
  ];
  const files = {
    "tokenizer.json": JSON.stringify(tinyJson()),
    "tokenizer_config.json": JSON.stringify({ chat_template, eos_token: { content: "<|im_end|>" } }),
    "generation_config.json": '{"eos_token_id": [301, 300]}',
    "config.json": '{"text_config": {"max_position_embeddings": 4096}}',
  };
  await withFolder(files, async (folder) => {
    const model = await loadTextModel({ source: "path", path: folder });
    assert.equal(model?.template?.render({ messages: [message] }), "D<|im_end|>");
    assert.deepEqual(model?.tokenizer.endOfSequence, [301, 300]);
    assert.equal(model?.maxModelLen, 4096);
    await writeFile(join(folder, "chat_template.jinja"), "J");
    assert.equal(
      (await loadTextModel({ source: "path", path: folder }))?.template?.render({ messages: [message] }),
      "J",
    );
  });
});

test("a missing folder, broken JSON and a broken template are named", async () => {
  const load = (path: string) => loadTextModel({ source: "path", path });
  await assert.rejects(load("/no/such/folder"), {
    code: "SWG_FILE_UNREADABLE",
    message: /\/no\/such\/folder\/tokenizer\.json/,
  });
  await withFolder({ "tokenizer.json": "{" }, async (folder) => {
    await assert.rejects(load(folder), { code: "SWG_TOKENIZER_INVALID", message: /tokenizer\.json is not JSON/ });
  });
  await withFolder({ "tokenizer.json": "{}", "config.json": "[]" }, async (folder) => {
    await assert.rejects(load(folder), { code: "SWG_TOKENIZER_INVALID", message: /config\.json is not a JSON object/ });
  });
  await withFolder(
    { "chat_template.jinja": "{% if %}", "tokenizer.json": JSON.stringify(tinyJson()) },
    async (folder) => {
      await assert.rejects(load(folder), { code: "SWG_TEMPLATE_INVALID", message: /chat_template\.jinja/ });
    },
  );
});

test("built in, or none", async () => {
  assert.equal((await loadTextModel({ source: "builtin" }))?.tokenizer.name, "builtin");
  assert.equal(await loadTextModel({ source: "none" }), undefined);
});
