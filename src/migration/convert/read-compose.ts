// Form `compose`: the service of a compose file that runs vLLM.
import { SwitchgearError } from "../../core/index.ts";
import { publishedPort, takeImage, takeMount } from "./container.ts";
import { readContainerCommand, takeNetwork } from "./docker-run.ts";
import { applyRules, dropped, type LeafRule, unsupported } from "./leaf-rules.ts";
import type { Reading } from "./reading.ts";
import { isWordOf, readEnvironment, templateIn, wordsAt } from "./structured.ts";
import { type Leaf, leafToken, readYaml, type YamlDocument } from "./yaml-leaves.ts";

const RUN = "how the container is run; workers are processes of Switchgear";
const BY_HAND = "see that the host of `switchgear serve` offers it";

const RULES: readonly LeafRule[] = [
  dropped(/^(version|name)$|^x-/, "container", "compose's own bookkeeping"),
  dropped(/^(networks|volumes)\b/, "container", RUN),
  dropped(
    /^services\.[^.]+\.(container_name|restart|ipc|shm_size|networks|healthcheck|logging|labels|depends_on|init|tty|stdin_open|pull_policy|platform|hostname|expose|profiles|stop_grace_period|ulimits|privileged|cap_add|security_opt|extra_hosts)\b/,
    "container",
    RUN,
  ),
  dropped(
    /\.deploy\.resources\.reservations\.devices\[\d+\]\.(driver|capabilities|count)\b/,
    "container",
    "workers see the GPUs of their host",
  ),
  unsupported(
    /\.devices\[\d+\]\.device_ids\b/,
    "container",
    "which GPUs a container sees",
    "--set spec.serving.workers.env.CUDA_VISIBLE_DEVICES='\"0,1\"'",
  ),
  dropped(/\.runtime$/, "container", RUN),
  dropped(/\.deploy\.(restart_policy|labels|update_config)\b/, "container", RUN),
  unsupported(
    /\.env_file\b/,
    "container",
    "a file of variables is not read",
    "set them for `switchgear serve`; workers inherit its environment",
  ),
  unsupported(/^(secrets|configs)\b|\.(secrets|configs)\b/, "container", "files from compose are not mounted", BY_HAND),
  unsupported(
    /\.(build|working_dir|user|devices|gpus|mem_limit|cpus|cpuset|deploy)\b/,
    "container",
    "Switchgear does not take it over",
    BY_HAND,
  ),
];

export function readCompose(reading: Reading, text: string): void {
  const [document] = readYaml(reading.file, text);
  if (document === undefined) return;
  const service = vllmService(reading, document);
  const at = `services.${service}`;
  const own = document.leaves.filter(({ path }) => path.startsWith(`${at}.`));
  const others = document.leaves.filter((leaf) => leaf.path.startsWith("services.") && !own.includes(leaf));
  const reason = "another service; keep it where it runs";
  applyRules(reading, others, [dropped(/./, "container", reason)]);
  const rest = document.leaves.filter((leaf) => !own.includes(leaf) && !others.includes(leaf));
  readService(reading, { own, at, rest });
}

/** The service whose image or command names vLLM. */
function vllmService({ file }: Reading, { leaves, value }: YamlDocument): string {
  const services = Object.keys((value as { services?: Record<string, unknown> } | null)?.services ?? {});
  const named = services.filter((name) =>
    leaves.some(
      ({ path, text }) =>
        path.startsWith(`services.${name}.`) && /\.(image|command|entrypoint)\b/.test(path) && /vllm/.test(text),
    ),
  );
  const chosen = named.length > 0 ? named : services;
  const [only, ...more] = chosen;
  if (only !== undefined && more.length === 0) return only;
  const found = only === undefined ? "no service is here" : `${chosen.length} services run vLLM: ${chosen.join(", ")}`;
  throw new SwitchgearError("SWG_CONVERT_UNUSABLE", found, { where: file, expected: "one; convert them one by one" });
}

interface Service {
  readonly own: readonly Leaf[];
  readonly at: string;
  readonly rest: readonly Leaf[];
}

function readService(reading: Reading, { own, at, rest }: Service): void {
  reading.facts.contained = true;
  const isEnv = ({ path }: Leaf) => path.startsWith(`${at}.environment.`) || path.startsWith(`${at}.environment[`);
  readEnvironment(reading, own.filter(isEnv), `${at}.environment`);
  const read = own.filter((leaf) => readLeaf(reading, leaf, at));
  const entrypoint = wordsAt(reading, own, `${at}.entrypoint`);
  const args = wordsAt(reading, own, `${at}.command`);
  const isWord = (leaf: Leaf) => isWordOf(`${at}.entrypoint`, leaf) || isWordOf(`${at}.command`, leaf);
  applyRules(reading, [...own.filter((leaf) => !isEnv(leaf) && !read.includes(leaf) && !isWord(leaf)), ...rest], RULES);
  const [first] = own;
  const place = entrypoint[0] ?? args[0] ?? (first === undefined ? undefined : leafToken(first));
  if (place !== undefined) readContainerCommand(reading, { entrypoint, args, at: place });
}

function readLeaf(reading: Reading, leaf: Leaf, at: string): boolean {
  const { path, text, value } = leaf;
  const add = () => reading.ledger.add({ ...leafToken(leaf), expansion: templateIn(text) });
  if (path === `${at}.image`) takeImage(reading, add(), text);
  else if (path === `${at}.network_mode`) takeNetwork(reading, [add()], text);
  else if (path.startsWith(`${at}.ports[`) && path.endsWith("]")) publishedPort(reading, [add()], text);
  else if (path.startsWith(`${at}.volumes[`)) takeMount(reading, [add()], text);
  else if (path === `${at}.deploy.replicas` && typeof value === "number" && value > 0) {
    const token = add();
    reading.facts.replicas = { value, token };
    const target = "spec.serving.{pool}.replicas";
    reading.ledger.take([token], { disposition: "mapped", code: "field", target, reason: "as many workers" });
  } else return false;
  return true;
}
