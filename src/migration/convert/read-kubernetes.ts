// Form `kubernetes`: a Deployment or StatefulSet whose pod runs vLLM.
import { SwitchgearError } from "../../core/index.ts";
import { takeImage } from "./container.ts";
import { readContainerCommand, takeNetwork } from "./docker-run.ts";
import { applyRules, dropped, type LeafRule, unsupported } from "./leaf-rules.ts";
import type { Reading } from "./reading.ts";
import { isSecretName } from "./shown-words.ts";
import { wordsAt, isWordOf, templateIn } from "./structured.ts";
import { HIDDEN } from "./token.ts";
import { type Leaf, leafToken, readYaml, type YamlDocument } from "./yaml-leaves.ts";

const BOOKKEEPING = "Kubernetes' own bookkeeping";
const KEEPS_RUNNING = "Switchgear starts, checks and replaces its workers itself";
const PLACING = "where and how pods run is not taken over";
const BY_HAND = "see that the host of `switchgear serve` offers it";

const RULES: readonly LeafRule[] = [
  dropped(/^(apiVersion|kind)$/, "kubernetes", BOOKKEEPING),
  {
    path: /^metadata\.name$/,
    outcome: {
      disposition: "changed",
      code: "kubernetes",
      target: "metadata.name",
      reason: "named migrated-from-vllm, so that both are told apart",
      hint: "--set metadata.name=NAME",
    },
  },
  dropped(/^metadata\.(labels|annotations)\b/, "kubernetes", BOOKKEEPING),
  dropped(
    /^metadata\.(uid|resourceVersion|generation|creationTimestamp|managedFields|finalizers|ownerReferences|selfLink)\b/,
    "kubernetes",
    BOOKKEEPING,
  ),
  dropped(/^status\b/, "kubernetes", BOOKKEEPING),
  dropped(/^spec\.(selector|template\.metadata|serviceName|podManagementPolicy)\b/, "kubernetes", BOOKKEEPING),
  dropped(
    /^spec\.(strategy|updateStrategy|progressDeadlineSeconds|revisionHistoryLimit|minReadySeconds|paused|ordinals|persistentVolumeClaimRetentionPolicy)\b/,
    "kubernetes",
    KEEPS_RUNNING,
  ),
  dropped(/\.(livenessProbe|readinessProbe|startupProbe|lifecycle|restartPolicy)\b/, "kubernetes", KEEPS_RUNNING),
  dropped(/\.terminationGracePeriodSeconds$/, "kubernetes", "workers are drained before they are stopped"),
  dropped(
    /\.containers\[\d+\]\.(name|imagePullPolicy|ports|stdin|tty|terminationMessage\w+)\b/,
    "kubernetes",
    BOOKKEEPING,
  ),
  dropped(
    /\.(imagePullSecrets|serviceAccount(Name)?|automountServiceAccountToken|enableServiceLinks|dnsPolicy|schedulerName|readinessGates|subdomain|setHostnameAsFQDN)\b/,
    "kubernetes",
    BOOKKEEPING,
  ),
  dropped(
    /\.resources\b.*\.(cpu|memory|ephemeral-storage)$/,
    "kubernetes",
    "workers share the memory and cores of their host",
  ),
  unsupported(
    /\.env(From)?\b/,
    "kubernetes",
    "variables from elsewhere",
    "set them for `switchgear serve`; workers inherit its environment",
  ),
  unsupported(
    /\.initContainers\b/,
    "kubernetes",
    "what an init container does is not done",
    "do it before `switchgear serve`",
  ),
  unsupported(/\.containers\[/, "kubernetes", PLACING, BY_HAND),
  unsupported(
    /^spec\.template\.spec\.(nodeSelector|affinity|tolerations|runtimeClassName|securityContext|priority(ClassName)?|preemptionPolicy|topologySpreadConstraints|host\w+|shareProcessNamespace|nodeName|dnsConfig|os|overhead|resourceClaims|resources|schedulingGates|activeDeadlineSeconds|ephemeralContainers)\b/,
    "kubernetes",
    PLACING,
    BY_HAND,
  ),
  unsupported(
    /\.volume(s|ClaimTemplates)\b/,
    "kubernetes",
    "volumes are not mounted",
    "write paths in arguments as the host of Switchgear knows them",
  ),
];

const OTHER_KINDS: readonly LeafRule[] = [
  dropped(/./, "kubernetes", "another object; clients connect to Switchgear's own listener"),
];

export function readKubernetes(reading: Reading, text: string): void {
  const documents = readYaml(reading.file, text).flatMap(listItems);
  const workloads = documents.filter((one) => isWorkload(one));
  const chosen = workloads.filter((one) => vllmContainer(one) !== undefined);
  const [document, ...more] = chosen.length > 0 ? chosen : workloads;
  if (document === undefined || more.length > 0) throw unusable(reading, document === undefined ? 0 : more.length + 1);
  for (const one of documents) if (one !== document) applyRules(reading, withoutData(one), OTHER_KINDS);
  readWorkload(reading, document);
}

function unusable({ file }: Reading, count: number): SwitchgearError {
  const found = count === 0 ? "no Deployment or StatefulSet is here" : `${count} workloads run vLLM here`;
  return new SwitchgearError("SWG_CONVERT_UNUSABLE", found, { where: file, expected: "one; convert them one by one" });
}

/** Nothing of a Secret is printed but its name; `kubectl apply` leaves a copy of it among its annotations. */
function withoutData({ leaves, value }: YamlDocument): readonly Leaf[] {
  if ((value as { kind?: unknown } | null)?.kind !== "Secret") return withoutNamedSecrets(leaves);
  const isOpen = ({ path }: Leaf): boolean => /^(apiVersion|kind|type|metadata\.(name|namespace))$/.test(path);
  return leaves.map((leaf) => (isOpen(leaf) ? leaf : { ...leaf, text: HIDDEN }));
}

/** `name: DB_PASSWORD` says what the `value` beside it is. */
function withoutNamedSecrets(leaves: readonly Leaf[]): readonly Leaf[] {
  const names = new Map(leaves.map(({ path, text }) => [path, text]));
  return leaves.map((leaf) => {
    const [, entry] = /^(.*\])\.value$/.exec(leaf.path) ?? [];
    const name = entry === undefined ? "" : (names.get(`${entry}.name`) ?? "");
    return isSecretName(name) || /authorization|cookie|api-key/i.test(name) ? { ...leaf, text: HIDDEN } : leaf;
  });
}

/** `kind: List` holds others. */
function listItems(document: YamlDocument): YamlDocument[] {
  const { kind, items } = (document.value ?? {}) as { kind?: unknown; items?: unknown };
  if (kind !== "List" || !Array.isArray(items)) return [document];
  return items.map((value: unknown, i) => {
    const at = `items[${i}].`;
    const mine = document.leaves.filter(({ path }) => path.startsWith(at));
    const own = i === 0 ? document.leaves.filter(({ path }) => !path.startsWith("items[")) : [];
    return { value, leaves: [...mine.map((leaf) => ({ ...leaf, path: leaf.path.slice(at.length) })), ...renamed(own)] };
  });
}

function renamed(own: readonly Leaf[]): Leaf[] {
  return own.map((leaf) => ({ ...leaf, path: `status.${leaf.path}` }));
}

function isWorkload({ value }: YamlDocument): boolean {
  const kind = (value as { kind?: unknown } | null)?.kind;
  return kind === "Deployment" || kind === "StatefulSet";
}

const CONTAINER = /^spec\.template\.spec\.containers\[(\d+)\]/;

/** Path of the container that runs vLLM: by its image or its words, else the only one. */
function vllmContainer({ leaves }: YamlDocument): string | undefined {
  const inside = leaves.filter(({ path }) => CONTAINER.test(path));
  const named = inside.find(({ path, text }) => /\]\.(image|command|args)\b/.test(path) && /vllm/.test(text));
  const found = CONTAINER.exec(named?.path ?? "")?.[0];
  const all = new Set(inside.map(({ path }) => CONTAINER.exec(path)?.[0]));
  return found ?? (all.size === 1 ? [...all][0] : undefined);
}

function readWorkload(reading: Reading, document: YamlDocument): void {
  const at = vllmContainer(document);
  if (at === undefined) throw unusable(reading, 0);
  reading.facts.contained = true;
  const env = readEnv(reading, document, at);
  const read = document.leaves.filter((leaf) => readLeaf(reading, leaf, at));
  const entrypoint = wordsAt(reading, document.leaves, `${at}.command`);
  const args = wordsAt(reading, document.leaves, `${at}.args`);
  const words = new Set([`${at}.command`, `${at}.args`]);
  const others = document.leaves.filter(
    (leaf) => !read.includes(leaf) && !env.has(leaf) && ![...words].some((path) => isWordOf(path, leaf)),
  );
  applyRules(reading, withoutNamedSecrets(others), [
    ...sharedVolumes(document.leaves),
    ...gpuRuntime(document.leaves),
    ...RULES,
  ]);
  const [first] = document.leaves;
  const place = entrypoint[0] ?? args[0] ?? (first === undefined ? undefined : leafToken(first));
  if (place !== undefined) readContainerCommand(reading, { entrypoint, args, at: place });
}

/** Volumes for caches and shared memory, which a host has anyway. */
function sharedVolumes(leaves: readonly Leaf[]): LeafRule[] {
  const reason = "a cache or shared memory: workers use those of their host";
  const mounts = leaves.filter(({ path, text }) => /\.volumeMounts\[\d+\]\.mountPath$/.test(path) && SHARED.test(text));
  const places = mounts.map(({ path }) => path.slice(0, path.lastIndexOf(".")));
  const names = places.map((at) => leaves.find(({ path }) => path === `${at}.name`)?.text);
  const volumes = leaves.filter(({ path, text }) => /\.volumes\[\d+\]\.name$/.test(path) && names.includes(text));
  const all = [...places, ...volumes.map(({ path }) => path.slice(0, path.lastIndexOf(".")))];
  return all.map((at) => dropped(new RegExp(`^${at.replace(/[.[\]]/g, "\\$&")}\\.`), "kubernetes", reason));
}

/** How a container sees GPUs; another runtime may be a fence around it. */
function gpuRuntime(leaves: readonly Leaf[]): LeafRule[] {
  const path = "spec.template.spec.runtimeClassName";
  const rule = dropped(/^spec\.template\.spec\.runtimeClassName$/, "kubernetes", "workers see the GPUs of their host");
  return leaves.some((leaf) => leaf.path === path && leaf.text === "nvidia") ? [rule] : [];
}

const SHARED = /^\/dev\/shm$|\.cache|huggingface/;

/** Leaves that are facts of the deployment. */
function readLeaf(reading: Reading, leaf: Leaf, at: string): boolean {
  const { path, text, value } = leaf;
  const { facts, ledger } = reading;
  const take = (target: string, reason: string): true => {
    ledger.take([token()], { disposition: "mapped", code: "field", target, reason });
    return true;
  };
  let made: ReturnType<typeof leafToken> | undefined;
  const token = () => (made ??= ledger.add(leafToken(leaf)));
  if (path === "spec.replicas" && typeof value === "number" && Number.isInteger(value) && value > 0) {
    facts.replicas = { value, token: token() };
    return take("spec.serving.{pool}.replicas", "as many workers");
  }
  if (path === "metadata.namespace") {
    facts.namespace = { value: text, token: token() };
    return take("metadata.namespace", "kept");
  }
  if (path === "spec.template.spec.hostNetwork" && value === true) {
    takeNetwork(reading, [token()], "host");
    return true;
  }
  if (path === `${at}.image`) {
    takeImage(reading, token(), text);
    return true;
  }
  if (path.startsWith(`${at}.resources.`) && /\.(nvidia|amd)\.com\/gpu$/.test(path)) {
    // Requests and limits of GPUs are equal: the second one says nothing new.
    if (facts.gpus === undefined) facts.gpus = { value: Number(text), tokens: [token()] };
    else ledger.take([token()], { disposition: "dropped-safe", code: "kubernetes", reason: "stands twice" });
    return true;
  }
  return false;
}

/** `env[i].name` with `value` or `valueFrom`. */
function readEnv(reading: Reading, { leaves }: YamlDocument, at: string): ReadonlySet<Leaf> {
  const entries = Map.groupBy(
    leaves.filter(({ path }) => path.startsWith(`${at}.env[`)),
    ({ path }) => path.slice(0, path.indexOf("]", at.length + 5) + 1),
  );
  for (const [entry, parts] of entries) {
    const tokens = parts.map((leaf) => reading.ledger.add(leafToken(leaf)));
    const name = parts.find(({ path }) => path === `${entry}.name`)?.text ?? "";
    const given = parts.find(({ path }) => path === `${entry}.value`)?.text;
    reading.env.push({
      name,
      value: given?.replaceAll("$$", "$"),
      tokens,
      expansion: given === undefined ? undefined : templateIn(given),
    });
  }
  return new Set([...entries.values()].flat());
}
