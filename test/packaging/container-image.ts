// Carries out a Dockerfile without a container: each stage is a folder. Knows the instructions and commands that ours uses, no others.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { isAbsolute, join } from "node:path";

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  readonly base: string;
  /** The stage's file system. */
  readonly root: string;
  workdir: string;
  readonly instructions: Instruction[];
}

/** Runs one RUN command in a stage. */
export type RunCommand = (command: string, stage: Stage) => void;

export interface Build {
  /** Folder of the build context. */
  readonly context: string;
  readonly folder: string;
  readonly run: RunCommand;
}

export function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
  return lines
    .join("\n")
    .replaceAll(/\s*\\\n\s*/g, " ")
    .split("\n")
    .map((line) => {
      const [name = "", ...rest] = line.split(" ");
      return { name, text: rest.join(" ") };
    });
}

/** The stages in order; the last is the image. */
export function buildStages(dockerfile: string, build: Build): Stage[] {
  const stages: Stage[] = [];
  for (const instruction of instructionsOf(dockerfile)) {
    if (instruction.name === "FROM") stages.push(stageOf(instruction.text, stages.length, build.folder));
    const stage = stages.at(-1);
    if (stage === undefined) continue;
    stage.instructions.push(instruction);
    carryOut(instruction, stages, build);
  }
  return stages;
}

function stageOf(text: string, index: number, folder: string): Stage {
  const [base = "", as, name = ""] = text.split(" ").filter((word) => !word.startsWith("--"));
  const root = join(folder, `stage-${index}`);
  mkdirSync(root, { recursive: true });
  return { name: as === "AS" ? name : "", base, root, workdir: "/", instructions: [] };
}

function carryOut({ name, text }: Instruction, stages: readonly Stage[], build: Build): void {
  const stage = stages.at(-1);
  if (stage === undefined) return;
  if (name === "WORKDIR") {
    stage.workdir = text;
    mkdirSync(join(stage.root, text), { recursive: true });
  }
  if (name === "COPY") copy(text, stages, build.context);
  if (name === "RUN") build.run(text, stage);
}

function copy(text: string, stages: readonly Stage[], context: string): void {
  const stage = stages.at(-1);
  if (stage === undefined) return;
  const words = text.split(" ");
  const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length);
  const paths = words.filter((word) => !word.startsWith("--"));
  const target = paths.pop() ?? "";
  const source = from === undefined ? context : (stages.find((one) => one.name === from)?.root ?? "");
  const to = isAbsolute(target) ? join(stage.root, target) : join(stage.root, stage.workdir, target);
  for (const path of paths) {
    if (from === undefined && !inContext(context, path)) throw new Error(`${path} is kept out by .dockerignore`);
    const into = target.endsWith("/") ? join(to, path) : to;
    cpSync(join(source, path), into, { recursive: true, verbatimSymlinks: true });
  }
}

/** Ours keeps out everything but what it names. */
function inContext(context: string, path: string): boolean {
  const lines = readFileSync(join(context, ".dockerignore"), "utf8").split("\n");
  return lines.includes("*") && lines.some((line) => line === `!${path}`) && existsSync(join(context, path));
}

/** In place of an installation that has been done already. */
export function linkModules(stage: Stage, modules: string): void {
  symlinkSync(modules, join(stage.root, stage.workdir, "node_modules"));
}
