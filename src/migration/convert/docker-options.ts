// Options of `docker run`, `podman run` and what becomes of them.

export type DockerRule =
  | "env"
  | "publish"
  | "mount"
  | "entrypoint"
  | "gpus"
  | "network"
  /** Takes a value and only says how the container is run. */
  | "value"
  | "bare"
  /** Matters to vLLM and is not taken over. */
  | "outside";

const names = (list: string): string[] => list.split(" ");

const BY_RULE: readonly (readonly [DockerRule, string])[] = [
  ["env", "-e --env"],
  ["publish", "-p --publish"],
  ["mount", "-v --volume --mount"],
  ["entrypoint", "--entrypoint"],
  ["gpus", "--gpus"],
  ["network", "--network --net"],
  [
    "value",
    "--name --runtime --ipc --shm-size --restart --hostname -h --label -l --log-driver --log-opt --pull --platform --stop-timeout --stop-signal --health-cmd --health-interval --health-timeout --health-retries --health-start-period --cidfile --expose --add-host --dns --pid --uts --userns --cgroupns --ulimit --security-opt --cap-add --cap-drop --group-add --tmpfs --init-path --oom-score-adj --network-alias --ip",
  ],
  [
    "outside",
    "--env-file -w --workdir -u --user --device --memory -m --cpus --cpuset-cpus --cpuset-mems --memory-swap --volumes-from --cpu-shares --link",
  ],
  [
    "bare",
    "--rm -d --detach -i --interactive -t --tty --privileged --init --read-only --no-healthcheck -P --publish-all",
  ],
];

export const DOCKER_OPTIONS: Readonly<Record<string, DockerRule>> = Object.fromEntries(
  BY_RULE.flatMap(([rule, list]) => names(list).map((name) => [name, rule])),
);

export const DOCKER_BARE: ReadonlySet<string> = new Set(names("-d -i -t -P"));
