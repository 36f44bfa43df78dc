// A deployment file of one test and the gateway process that serves it.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { deploymentText, type JsonObject } from "../config/deployment-text.ts";
import { closeAfterTest } from "../core/closing.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { type GatewayCommand, type GatewayProcess, startGatewayProcess } from "../packaging/gateway-process.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");

export interface GatewayFile {
  readonly path: string;
  readonly folder: string;
  /** `spec` beside the model `m` before `endpoints`, and a migration plan. */
  write(endpoints: readonly string[], spec?: JsonObject, plan?: string): void;
}

export function gatewayFile(): GatewayFile {
  const folder = temporaryFolder();
  const path = join(folder, "gateway.yaml");
  return {
    path,
    folder,
    write(endpoints, spec, plan) {
      const text = textOf(endpoints, spec);
      writeFileSync(path, plan === undefined ? text : [text, plan].join("---\n"));
    },
  };
}

export function textOf(endpoints: readonly string[], spec: JsonObject = {}): string {
  const given = {
    model: { name: "m" },
    tokenizer: { source: "none" },
    routing: { algorithm: "round_robin" },
    serving: { workers: { endpoints: endpoints.map((url) => ({ url })) } },
  };
  return deploymentText({ metadata: { name: "m" }, spec: given }, { spec });
}

/** Ends after the test at the latest, whatever became of it. */
export async function serveFile(
  file: GatewayFile,
  more: readonly string[] = [],
  trust: Pick<GatewayCommand, "certificate"> = {},
): Promise<GatewayProcess> {
  const argv = [process.execPath, MAIN, "serve", file.path];
  const gateway = await startGatewayProcess({ argv, cwd: file.folder, more, ...trust });
  closeAfterTest(() => gateway.kill());
  return gateway;
}
