// A deployment file of one test and the gateway process that serves it.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { deploymentText, type JsonObject } from "../config/deployment-text.ts";
import { type GatewayProcess, startGatewayProcess } from "../packaging/gateway-process.ts";
import { temporaryFolder } from "./served.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");

export interface GatewayFile {
  readonly path: string;
  readonly folder: string;
  /** `spec` beside the model `m` before `endpoints`. */
  write(endpoints: readonly string[], spec?: JsonObject): void;
}

export function gatewayFile(): GatewayFile {
  const folder = temporaryFolder();
  const path = join(folder, "gateway.yaml");
  return { path, folder, write: (endpoints, spec) => writeFileSync(path, textOf(endpoints, spec)) };
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

/** Stopped by whoever awaits `ended`. */
export function serveFile(file: GatewayFile, more: readonly string[] = []): Promise<GatewayProcess> {
  return startGatewayProcess({ argv: [process.execPath, MAIN, "serve", file.path], cwd: file.folder, more });
}
