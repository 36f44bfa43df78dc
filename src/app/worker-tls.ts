// Certificates for the way to a worker: read from their files and tried together before anything depends on them.
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { Deployment, Endpoint } from "../config/index.ts";
import { SwitchgearError, toError } from "../core/index.ts";
import type { WorkerTls } from "../fleet/index.ts";

/** Throws when a file is missing or the texts are no pair: half of a renewal is never put in force. */
export function readWorkerTls(tls: NonNullable<Endpoint["tls"]>, origin: string): WorkerTls {
  try {
    const pem = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path, "utf8"));
    const { ca, cert, key } = { ca: pem(tls.ca), cert: pem(tls.cert), key: pem(tls.key) };
    createSecureContext({ ca, cert, key });
    return { ca, cert, key, serverName: tls.serverName, verify: !tls.insecure };
  } catch (thrown) {
    // OpenSSL and the file system name what is wrong, never a byte of the key.
    throw new SwitchgearError("SWG_TLS_INVALID", `the files for ${origin} cannot be used: ${toError(thrown).message}`, {
      where: "endpoints[].tls",
      value: origin,
      expected: "PEM files: ca, and cert with its key",
    });
  }
}

/** What is read from beside the deployment file to reach workers. */
export function workerFiles(deployments: readonly Deployment[]): readonly string[] {
  const endpoints = deployments.flatMap(({ pools }) =>
    pools.flatMap(({ workers }) => (workers.kind === "given" ? workers.endpoints : [])),
  );
  const files = endpoints.flatMap(({ tls, key }) => [tls?.ca, tls?.cert, tls?.key, fileOf(key)]);
  return [...new Set(files.filter((one) => one !== undefined))];
}

function fileOf(key: Endpoint["key"]): string | undefined {
  return key?.from === "file" ? key.path : undefined;
}
