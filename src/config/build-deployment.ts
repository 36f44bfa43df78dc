// A faultless document → the frozen deployment.
import { resolve } from "node:path";
import { buildPools } from "./build-pools.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { Deployment, TokenizerSource } from "./deployment.ts";
import type { ClusterSettings, FrontListener } from "./gateway-settings.ts";
import type { Pool } from "./pool.ts";
import type { DeploymentDocument } from "./schema.ts";
import type { DeploymentFile } from "./source-file.ts";
import { disaggregationSchema } from "./schema-disaggregation.ts";
import { protocolOf } from "./urls.ts";
import { rememberFile } from "./where.ts";

export function buildDeployment(document: DeploymentDocument, file: DeploymentFile): Deployment {
  const { metadata, spec } = document;
  const inFolder = (path: string) => resolve(file.folder, path);
  const pools = buildPools(document, inFolder);
  const deployment: Deployment = {
    ...metadata,
    source: { file: file.file, line: file.place(file.root.value).line },
    model: {
      ...spec.model,
      tokenizer: spec.model.tokenizer,
      quantization: spec.model.quantization,
      servedNames: spec.model.servedNames ?? [spec.model.name],
    },
    tokenizer: tokenizerSource(document, { pools, inFolder }),
    strategy: spec.serving.strategy,
    ...(spec.serving.strategy === "disaggregated" && {
      disaggregation: spec.serving.disaggregation ?? disaggregationSchema.parse({}),
    }),
    pools,
    routing: spec.routing,
    autoscaling: autoscalingSettings(document),
    slo: {
      ttftP99Ms: spec.slo.ttftP99Ms,
      itlP99Ms: spec.slo.itlP99Ms,
      availabilityTarget: spec.slo.availabilityTarget,
    },
    launcher: spec.launcher,
    monitoring: {
      prometheus: spec.monitoring.prometheus,
      tracing: tracingSettings(spec.monitoring.tracing),
    },
    gateway: {
      ...spec.gateway,
      listener: frontListener(document, inFolder),
      cluster: { ...spec.gateway.cluster, etcd: etcdFiles(spec.gateway.cluster.etcd, inFolder) },
      apiKeys: { ...spec.gateway.apiKeys, files: spec.gateway.apiKeys.files.map(inFolder) },
      // Not beside the file: one may stand in a read-only folder, such as a mounted ConfigMap.
      stateDirectory:
        spec.gateway.stateDirectory === undefined ? resolve(".switchgear") : inFolder(spec.gateway.stateDirectory),
    },
  };
  return rememberFile(deepFreeze(deployment), file);
}

function autoscalingSettings({ spec: { autoscaling, slo } }: DeploymentDocument): Deployment["autoscaling"] {
  const {
    minPrefillReplicas: _a,
    maxPrefillReplicas: _b,
    minDecodeReplicas: _c,
    maxDecodeReplicas: _d,
    ...rest
  } = autoscaling;
  const promised = slo.ttftP99Ms !== undefined || slo.itlP99Ms !== undefined;
  return { ...rest, mode: rest.mode ?? (promised ? "slo" : "seed") };
}

function frontListener({ spec }: DeploymentDocument, inFolder: (path: string) => string): FrontListener {
  const { tls, ...rest } = spec.gateway.listener;
  const { cert, key, clientCa, minVersion, ciphers } = tls;
  if (cert === undefined || key === undefined) return { ...rest, tls: undefined };
  const files = { cert: inFolder(cert), key: inFolder(key), clientCa: clientCa && inFolder(clientCa) };
  return { ...rest, tls: { ...files, minVersion, ciphers } };
}

function etcdFiles(
  { endpoints, username, ...files }: DeploymentDocument["spec"]["gateway"]["cluster"]["etcd"],
  inFolder: (path: string) => string,
): ClusterSettings["etcd"] {
  const { passwordFile, caFile, certFile, keyFile } = files;
  return {
    endpoints,
    username,
    passwordFile: passwordFile && inFolder(passwordFile),
    caFile: caFile && inFolder(caFile),
    certFile: certFile && inFolder(certFile),
    keyFile: keyFile && inFolder(keyFile),
  };
}

function tracingSettings(
  tracing: DeploymentDocument["spec"]["monitoring"]["tracing"],
): Deployment["monitoring"]["tracing"] {
  const { endpoint } = tracing;
  return { ...tracing, endpoint, protocol: tracing.protocol ?? protocolOf(endpoint) };
}

interface Surroundings {
  readonly pools: readonly Pool[];
  readonly inFolder: (path: string) => string;
}

function tokenizerSource({ spec }: DeploymentDocument, { pools, inFolder }: Surroundings): TokenizerSource {
  const { source, path, revision } = spec.tokenizer;
  const name = spec.model.tokenizer ?? spec.model.name;
  if (path !== undefined) return { source: "path", path: inFolder(path) };
  if (source === "builtin" || source === "none") return { source };
  if (source === "hub") return { source, repository: name, revision };
  if (pools.some(({ workers }) => workers.kind === "simulated")) return { source: "builtin" };
  if (spec.model.source === "local" || /^[./~]/.test(name)) return { source: "path", path: inFolder(name) };
  return { source: "hub", repository: name, revision };
}
