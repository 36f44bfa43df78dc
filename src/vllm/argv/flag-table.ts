// Every option of `vllm serve` by name: those of today and those that a given release still had.
import type { Flag } from "./flag.ts";
import { REMOVED_FLAGS, type RemovedFlag } from "./removed-flags.ts";
import { ENGINE_FLAGS } from "./table/engine.ts";
import { FRONTEND_FLAGS } from "./table/frontend.ts";
import { MEDIA_FLAGS } from "./table/media.ts";
import { MEMORY_FLAGS } from "./table/memory.ts";
import { MODEL_FLAGS } from "./table/model.ts";
import { PARALLEL_FLAGS } from "./table/parallel.ts";
import { PROCESS_FLAGS } from "./table/process.ts";
import { isBefore, type VllmVersion } from "./version.ts";

export interface FlagGroup {
  readonly title: string;
  readonly flags: readonly Flag[];
}

export const FLAG_GROUPS: readonly FlagGroup[] = [
  { title: "Model and loading", flags: MODEL_FLAGS },
  { title: "Parallelism", flags: PARALLEL_FLAGS },
  { title: "KV cache, memory, scheduler", flags: MEMORY_FLAGS },
  { title: "Multi-modal, LoRA", flags: MEDIA_FLAGS },
  { title: "Kernels, compilation, configuration objects", flags: ENGINE_FLAGS },
  { title: "HTTP server", flags: FRONTEND_FLAGS },
  { title: "Process, logs, metrics", flags: PROCESS_FLAGS },
];

/** An option string of the parser: `--x`, `--no-x` or `-x`. */
export interface KnownFlag {
  readonly flag: Flag;
  readonly negated: boolean;
  /** Set for an option that the given release has no more. */
  readonly removed: RemovedFlag | undefined;
}

export interface FlagTable {
  /** By the exact option string. */
  get(option: string): KnownFlag | undefined;
  /** Options of the release that begin with this; argparse takes a prefix when there is one. */
  startingWith(prefix: string): readonly KnownFlag[];
}

const removedBy = new Map(REMOVED_FLAGS.map((one) => [one.flag.name, one]));

/** Removed options are found by their full name in every release, so that it can be said what became of them. */
export function flagTable(version: VllmVersion): FlagTable {
  const made = tables.get(version.text) ?? makeTable(version);
  tables.set(version.text, made);
  return made;
}

/** Few releases are asked for, each often. */
const tables = new Map<string, FlagTable>();

function makeTable(version: VllmVersion): FlagTable {
  const present = new Map<string, KnownFlag>();
  const absent = new Map<string, KnownFlag>();
  for (const { flags } of FLAG_GROUPS) for (const flag of flags) register(present, flag, undefined);
  for (const one of REMOVED_FLAGS) {
    if (isBefore(version, one.removedIn)) register(present, one.flag, undefined);
    else register(absent, one.flag, one);
  }
  return {
    get: (option) => present.get(option) ?? absent.get(option),
    startingWith: (prefix) => [...present].filter(([name]) => name.startsWith(prefix)).map(([, known]) => known),
  };
}

/** What is known of the end of an option, whether or not a release still has it. */
export function removalOf(flag: Flag): RemovedFlag | undefined {
  return removedBy.get(flag.name);
}

function register(into: Map<string, KnownFlag>, flag: Flag, removed: RemovedFlag | undefined): void {
  for (const name of [flag.name, ...flag.others]) {
    if (!into.has(name)) into.set(name, { flag, negated: false, removed });
    if (flag.kind === "switch" && name.startsWith("--"))
      into.set(`--no-${name.slice(2)}`, { flag, negated: true, removed });
  }
}
