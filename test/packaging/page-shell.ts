// Runs the commands of one page in order, in a folder of their own, with a gateway and a worker at the addresses it names.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";
import { type Block, fileNameOf, ROOT } from "./pages.ts";

const MAIN = join(ROOT, "src/cli/main.ts");

export interface ShellRun {
  readonly code: unknown;
  readonly output: string;
}

export interface PageShell {
  /** A block that is a file: commands of the page find it. */
  save(block: Block): void;
  /** A single `switchgear serve …` starts the gateway that later blocks of the page speak to. */
  run(block: Block): Promise<ShellRun>;
  close(): Promise<void>;
}

export interface PageWorld {
  /** That of `npm start`, for pages that start none. */
  readonly gateway: GatewayProcess;
  /** Address of a worker: vLLM, as far as the pages can tell. */
  readonly worker: string;
}

export function pageShell({ gateway: shared, worker }: PageWorld): PageShell {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-page-"));
  const state = join(folder, ".switchgear");
  let gateway = shared;
  prepareFolder();

  function prepareFolder(): void {
    mkdirSync(state);
    symlinkSync(shared.adminTokenFile, join(state, "admin-token"));
    symlinkSync(join(ROOT, "examples"), join(folder, "examples"));
    writeFileSync(join(folder, "my.yaml"), myDeployment(worker));
    mkdirSync(join(folder, "bin"));
    const command = `exec "${process.execPath}" "${MAIN}" "$@"\n`;
    for (const [name, text] of [
      ["switchgear", command],
      ["npx", `shift\n${command}`],
    ] as const) {
      writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${text}`);
      chmodSync(join(folder, "bin", name), 0o755);
    }
  }

  /** The pages' ports are the defaults; 8000 and 8001 are vLLM's. */
  function here(text: string): string {
    const { data, admin, metrics } = gateway;
    return text
      .replaceAll(/http:\/\/127\.0\.0\.1:800[01]/g, worker)
      .replaceAll("http://127.0.0.1:8080", data)
      .replaceAll("http://127.0.0.1:8081", admin)
      .replaceAll("http://127.0.0.1:9090/metrics", metrics);
  }

  async function start(args: readonly string[]): Promise<ShellRun> {
    rmSync(state, { recursive: true });
    await stop();
    const argv = [process.execPath, MAIN, ...args];
    gateway = await startGatewayProcess({ argv, cwd: folder, more: ["--state-directory", state] });
    return { code: 0, output: gateway.data };
  }

  async function stop(): Promise<void> {
    if (gateway === shared) return;
    // Its drain may have a grace that a test need not wait for.
    process.kill(-gateway.pid, "SIGKILL");
    await gateway.ended;
  }

  async function shell(script: string): Promise<ShellRun> {
    const env = {
      ...process.env,
      PATH: [join(folder, "bin"), process.env["PATH"]].join(delimiter),
      PID: String(gateway.pid),
    };
    const stdio = ["ignore", "pipe", "pipe"] as const;
    const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, env, stdio: [...stdio] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part: Buffer) => void (output += part.toString()));
    const [code] = await once(child, "close");
    return { code, output };
  }

  return {
    save(block) {
      const name = fileNameOf(block);
      if (name !== undefined) writeFileSync(join(folder, name), here(block.text));
    },
    run(block) {
      const serve = /^(?:npx )?switchgear (serve [^\n]*)\n$/.exec(block.text)?.[1];
      return serve === undefined ? shell(here(block.text)) : start(serve.split(" "));
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the pages call my.yaml: one server, no tokenizer to fetch. */
function myDeployment(url: string): string {
  const example = readFileSync(join(ROOT, "examples/existing-servers.yaml"), "utf8");
  const head = example.slice(example.indexOf("apiVersion:"), example.indexOf("spec:"));
  return `${head}spec:
  model: { name: llama-70b }
  serving: { workers: { endpoints: [{ url: "${url}" }] } }
  tokenizer: { source: none }
  routing: { algorithm: round_robin }
`;
}
