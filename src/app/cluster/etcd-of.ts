// The etcd client of a deployment: its files and secrets are read here.
import { readFileSync } from "node:fs";
import { type EtcdClient, etcdClient } from "../../cluster/index.ts";
import { type ClusterSettings, readSecret } from "../../config/index.ts";
import { SwitchgearError } from "../../core/index.ts";

export function etcdOf({ etcd }: ClusterSettings): EtcdClient {
  const { endpoints, username, passwordFile, caFile, certFile, keyFile } = etcd;
  const password = passwordFile && readSecret({ from: "file", path: passwordFile }).reveal();
  return etcdClient({
    endpoints,
    tls: { ca: read(caFile), cert: read(certFile), key: read(keyFile) },
    ...(username !== undefined && { user: { name: username, password: password ?? "" } }),
  });
}

function read(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new SwitchgearError("SWG_TLS_INVALID", `${path} cannot be read`, { where: path, cause });
  }
}
