// The container: its Dockerfile is lint clean, its stages carried out one by one give a gateway that serves and writes only its state.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { buildStages, type Instruction, instructionsOf, linkModules, type Stage } from "./container-image.ts";
import { startGatewayProcess } from "./gateway-process.ts";
import { hadolint } from "./hadolint.ts";
import { npm, plainEnvironment } from "./npm.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const FILE = join(ROOT, "deploy/container/Dockerfile");
const dockerfile = readFileSync(FILE, "utf8");
const instructions = instructionsOf(dockerfile);
const linter = hadolint();
const folder = mkdtempSync(join(tmpdir(), "switchgear-container-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("hadolint has nothing to say", { skip: linter.skip }, () => {
  const lint = (text: string) => spawnSync(linter.path, ["-"], { input: text, encoding: "utf8" });
  const run = lint(dockerfile);
  assert.equal(run.status, 0, run.stdout + run.stderr);
  assert.notEqual(lint(dockerfile.replace("USER 1000:1000", "RUN cd /tmp && sudo ls")).status, 0);
});

test("the image is the pinned Node, not root, with a health check that needs no other program", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    devDependencies: { node: string };
  };
  const tag = textOf("ARG");
  assert.ok(tag.startsWith(`NODE=${devDependencies.node}-`) && tag.endsWith("-slim"), tag);
  const last = instructions.slice(instructions.findLastIndex(({ name }) => name === "FROM"));
  const [, user = "0"] = /^(\d+):\d+$/.exec(textOf("USER", last)) ?? [];
  assert.ok(Number(user) > 0);
  assert.deepEqual(healthCommand(last).slice(0, 2), ["node", "-e"]);
  assert.ok(!/:latest|curl|apt-get|ADD /.test(dockerfile));
});

test(
  "the stages give a gateway that serves, is healthy, stops on SIGTERM and writes nothing into the image",
  {
    timeout: 110_000,
  },
  async (t) => {
    let unreachable = false;
    const run = (command: string, stage: Stage): void => {
      unreachable ||= runCommand(command, stage) === "unreachable";
    };
    const image = buildStages(dockerfile, { context: ROOT, folder, run }).at(-1);
    if (unreachable && process.env["CI"] !== "true") return t.skip("the npm registry is unreachable");
    assert.ok(image);
    const app = join(image.root, image.workdir);
    const before = fingerprint(app);
    const gateway = await startGatewayProcess({
      argv: [...entryPoint(image, app), "serve", join(ROOT, "examples/quickstart.yaml")],
      cwd: app,
      env: plainEnvironment(),
    });
    assert.equal(health(image, `${gateway.data}/health`), 0);
    assert.equal(health(image, "http://127.0.0.1:1/health"), 1);
    const models = await fetch(`${gateway.data}/v1/models`);
    assert.equal(models.status, 200);
    await models.arrayBuffer();
    process.kill(gateway.pid, "SIGTERM");
    assert.equal(await gateway.ended, 0, gateway.stderr());
    assert.deepEqual(fingerprint(app), before);
    const stray = globSync("*", { cwd: app }).filter((file) => /^(src|test|scripts|tsconfig)/.test(file));
    assert.deepEqual(stray, []);
  },
);

function runCommand(command: string, stage: Stage): "done" | "unreachable" {
  const cwd = join(stage.root, stage.workdir);
  if (command === "npm ci --ignore-scripts") {
    linkModules(stage, join(ROOT, "node_modules"));
  } else if (command.startsWith("npm ci --omit=dev")) {
    const run = npm([...command.split(" ").slice(1), "--prefer-offline"], cwd);
    if (run.unreachable) return "unreachable";
    assert.equal(run.status, 0, run.output);
  } else if (command.startsWith("node ")) {
    const run = spawnSync(process.execPath, command.split(" ").slice(1), { cwd, encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
  } else if (command.startsWith("install -d ")) {
    mkdirSync(join(stage.root, command.split(" ").at(-1) ?? ""), { recursive: true });
  } else assert.fail(`this test does not know how to run: ${command}`);
  return "done";
}

function entryPoint(image: Stage, app: string): string[] {
  const [program, ...args] = JSON.parse(textOf("ENTRYPOINT", image.instructions)) as string[];
  assert.equal(program, "node");
  return [process.execPath, ...args.map((arg) => join(app, arg))];
}

function health(image: Stage, url: string): number | null {
  const [program, ...args] = healthCommand(image.instructions);
  assert.equal(program, "node");
  const env = { ...plainEnvironment(), SWITCHGEAR_HEALTH_URL: url };
  return spawnSync(process.execPath, args, { env, timeout: 5000 }).status;
}

function healthCommand(list: readonly Instruction[]): string[] {
  return JSON.parse(textOf("HEALTHCHECK", list).split("CMD ")[1] ?? "[]") as string[];
}

function textOf(name: string, list: readonly Instruction[] = instructions): string {
  return list.find((instruction) => instruction.name === name)?.text ?? "";
}

/** Each file with its size and time of change. */
function fingerprint(app: string): string[] {
  const files = globSync("{*,bin/**,dist/**,schema/**}", { cwd: app }).toSorted();
  return files.map((file) => `${file} ${statSync(join(app, file)).size} ${statSync(join(app, file)).mtimeMs}`);
}
