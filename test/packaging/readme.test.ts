// What the pages tell people to type works: each sh block is run as written, each yaml block is a valid document.
import assert from "node:assert/strict";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { program } from "../../src/cli/program.ts";
import { readDeploymentText, renderDiagnostics } from "../../src/config/index.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";
import { type PageShell, pageShell } from "./page-shell.ts";
import { BENCHMARK, blocks, isRun, PAGES, ROOT, TWO_COMMANDS, wholeDeployment } from "./pages.ts";

const folder = mkdtempSync(join(tmpdir(), "switchgear-readme-"));
let gateway: GatewayProcess;
let worker: string;

before(async () => {
  const argv = [process.execPath, join(ROOT, "src/cli/main.ts"), "quickstart"];
  gateway = await startGatewayProcess({ argv, cwd: folder });
  worker = await readyWorker();
});

after(async () => {
  gateway.interrupt();
  await gateway.ended;
  rmSync(folder, { recursive: true, force: true });
});

test("the pages have commands to run, and every block says what it is", () => {
  const shown = blocks.filter(({ language }) => language === "sh").map(({ text }) => text.trim());
  assert.ok(shown.length >= 7, `${shown.length}`);
  assert.deepEqual(
    TWO_COMMANDS.filter((command) => !shown.includes(command)),
    [],
  );
  const unmarked = blocks.filter(({ language }) => !["sh", "yaml", "json", "text"].includes(language));
  assert.deepEqual(
    unmarked.map(({ where }) => where),
    [],
  );
});

/** What a text block may hold: commands that need root, a container, a registry, or servers that a test has not. */
const RUNNABLE =
  /^(npx|curl|kill|tar|mkdir|node|switchgear (validate|serve|simulate|bench|convert|quickstart|engine))\b/m;

test("what can be run stands in sh blocks", () => {
  const text = blocks.filter((one) => one.language === "text" && RUNNABLE.test(one.text));
  assert.deepEqual(
    text.map(({ where }) => where),
    [],
  );
});

test("commands that only other servers can answer have options that exist", () => {
  const lines = blocks
    .filter(({ language }) => language === "text")
    .flatMap(({ where, text }) =>
      [...text.replaceAll(/\\\n\s*/g, "").matchAll(/^switchgear .*/gm)].map(([line]) => ({ where, line })),
    );
  for (const { where, line } of lines) {
    const words = line.split(/\s+/);
    const command = program().commands.find((one) => one.name() === words[1]);
    assert.ok(command, `${where}: ${line}`);
    const unknown = words.filter((word) => /^--[a-z]/.test(word) && !command.options.some(({ long }) => long === word));
    assert.deepEqual(unknown, [], `${where}: ${line}`);
  }
});

test("the benchmarks that pages name exist", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = blocks.flatMap(({ text }) => [...text.matchAll(BENCHMARK)]);
  assert.ok(named.length >= 3);
  for (const [line, , script, file] of named)
    assert.ok(script === undefined ? existsSync(join(ROOT, file ?? "")) : script in scripts, line);
});

for (const page of PAGES.filter((one) => blocks.some((block) => block.page === one && isRun(block))))
  test(`the commands of ${page} run as written, in order`, { timeout: 120_000 }, async (t) => {
    const shell: PageShell = pageShell({ gateway, worker });
    try {
      for (const block of blocks.filter((one) => one.page === page)) {
        shell.save(block);
        if (isRun(block))
          await t.test(`${block.where}: ${block.text.split("\n")[0]}`, async () => {
            const run = await shell.run(block);
            await fetch(`${worker}/_sim/faults`, { method: "DELETE" });
            assert.equal(run.code, 0, run.output);
            assert.ok(run.output.length > 0, "a command that says nothing cannot be judged");
          });
      }
    } finally {
      await shell.close();
    }
  });

for (const { where, text } of blocks.filter(({ language }) => language === "yaml"))
  test(`${where} is a valid file`, () => {
    const { diagnostics } = readDeploymentText({ file: where, text: wholeDeployment(text) });
    assert.equal(renderDiagnostics(diagnostics), "");
  });

test("every link between pages leads somewhere, to a heading that exists", () => {
  const dead = PAGES.flatMap((page) =>
    [...readFileSync(join(ROOT, page), "utf8").matchAll(/\]\(([^)#:]*)(?:#([^)]*))?\)/g)]
      .map(([, to = "", heading]) => ({ page, to, heading }))
      .filter(({ to, heading }) => !leads(join(ROOT, page), { to, heading })),
  );
  assert.deepEqual(dead, []);
});

test("the index names every page", () => {
  const index = readFileSync(join(ROOT, "docs/README.md"), "utf8");
  const missing = PAGES.filter((page) => page.startsWith("docs/") && page !== "docs/README.md").filter(
    (page) => !index.includes(`](${page.slice("docs/".length)}`),
  );
  assert.deepEqual(missing, []);
});

interface Link {
  readonly to: string;
  readonly heading: string | undefined;
}

function leads(page: string, { to, heading }: Link): boolean {
  const file = to === "" ? page : join(page, "..", to);
  if (globSync(file).length === 0) return false;
  if (heading === undefined || !file.endsWith(".md")) return true;
  const headings = [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) => anchorOf(text));
  return headings.includes(heading);
}

/** As GitHub makes them. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

/** The gateway is ready with one worker of its four: any that is ready will do. */
async function readyWorker(): Promise<string> {
  const authorization = `Bearer ${readFileSync(gateway.adminTokenFile, "utf8").trim()}`;
  const answer = await fetch(`${gateway.admin}/admin/v1/workers`, { headers: { authorization } });
  const { workers } = (await answer.json()) as { workers: { url: string; state: string }[] };
  return workers.find(({ state }) => state === "ready")?.url ?? "";
}
