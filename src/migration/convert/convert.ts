// vLLM's launch command in any form → a deployment, and an account of every token of the input.
import { type Diagnostic, readDeploymentText } from "../../config/index.ts";
import { type ParsedArgv, parseServeArgv, parseVersion, type VllmVersion } from "../../vllm/index.ts";
import { addDefaults } from "./add-defaults.ts";
import { configWords, type Word, wordOf } from "./config-words.ts";
import { type Context, ownersOf, type Strategy } from "./context.ts";
import { convertEnv } from "./convert-env.ts";
import { convertOptions } from "./convert-options.ts";
import { COLOCATED_FIRST, type PoolCheck, poolChecks, requireColocated } from "./disaggregated.ts";
import { OPEN_DISPOSITIONS, type OptionReport } from "./disposition.ts";
import { createDraft } from "./draft.ts";
import { takeExpanded } from "./expansions.ts";
import { releaseNamed } from "./explain.ts";
import { hideSecrets } from "./hide-secrets.ts";
import { readInput, type ReadInput } from "./read-input.ts";
import type { PlanTarget } from "../plan/plan.ts";
import type { Form } from "./reading.ts";
import { parseSetValues } from "./set-values.ts";
import { strangeCharacter } from "./strange-character.ts";
import { HIDDEN, type Token } from "./token.ts";
import { type PlainDocument, writeDeployment } from "./write-yaml.ts";

export interface ConvertInput {
  /** As named by the user; `-` for standard input. */
  readonly file: string;
  readonly text: string;
  /** Reads what `--config` names, relative to the input. */
  readonly readFile: (path: string) => string;
}

export interface ConvertSettings {
  readonly form?: Form | undefined;
  /** Of the vLLM that the arguments are for; else the image's tag, else the newest known. */
  readonly vllmVersion?: string | undefined;
  readonly strategy?: Strategy | undefined;
  /** `path=value` */
  readonly set?: readonly string[];
  readonly colocatedValidated?: boolean;
  /** What completed migrations moved to, by the state directory. */
  readonly completedOnRecord?: readonly PlanTarget[];
}

export interface ConvertReport {
  readonly form: Form;
  readonly vllmVersion: string;
  readonly versionFrom: "given" | "image" | "newest known";
  readonly clean: boolean;
  readonly options: readonly OptionReport[];
  readonly counts: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  /** Strategy disaggregated only. */
  readonly checks: readonly PoolCheck[];
  /** What `switchgear validate` says of the deployment. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface Conversion {
  readonly deployment: PlainDocument;
  readonly yaml: string;
  readonly report: ConvertReport;
  /** Every token of the input. */
  readonly tokens: readonly Token[];
}

export function convert(input: ConvertInput, settings: ConvertSettings = {}): Conversion {
  const { strategy = "colocated" } = settings;
  const read = readInput({ file: input.file, text: input.text, form: settings.form });
  const { version, versionFrom } = releaseOf(settings.vllmVersion, read);
  const words = allWords(input, read, version);
  const set = parseSetValues(settings.set ?? []);
  const draft = createDraft();
  const context: Context = {
    reading: read.reading,
    draft,
    version,
    strategy,
    words,
    effective: new Map(),
    set,
    notes: [...new Set(words.flatMap(({ owner }) => owner?.known?.by ?? []))],
  };
  const texts = words.map(({ text }) => text);
  fillDraft(context, parseServeArgv(texts, version));
  if (strategy === "disaggregated") {
    const { completedOnRecord: onRecord = [], colocatedValidated: stated = false } = settings;
    requireColocated({ model: draft.get("spec.model.name"), onRecord, stated });
  }
  accountForRest(context);
  return finish(context, versionFrom);
}

type VersionFrom = ConvertReport["versionFrom"];

function releaseOf(
  given: string | undefined,
  { reading }: ReadInput,
): { version: VllmVersion; versionFrom: VersionFrom } {
  if (given !== undefined) return { version: releaseNamed(given), versionFrom: "given" };
  const image = reading.facts.version && parseVersion(reading.facts.version.value);
  return image
    ? { version: image, versionFrom: "image" }
    : { version: releaseNamed(undefined), versionFrom: "newest known" };
}

/** The words of `--config` stand right after the model, so that the command line wins. */
function allWords(input: ConvertInput, { reading, launch }: ReadInput, version: VllmVersion): Word[] {
  const { ledger } = reading;
  const fromFile = (file: string, text: string): Word[] =>
    configWords({ file, text, ledger, entry: launch.entry, version });
  if (launch.entry === "file") return fromFile(reading.file, input.text);
  const { args } = launch;
  const at = args.findIndex(({ text }) => text === "--config");
  const [option, path] = [args[at], args[at + 1]];
  if (at < 0 || option === undefined || path === undefined || path.expansion !== undefined) return args.map(wordOf);
  ledger.take([option, path], {
    disposition: "mapped",
    code: "equivalent",
    reason: "its entries are read; the command line wins over them",
  });
  const words = fromFile(path.text, input.readFile(path.text));
  const rest = args.filter((_, i) => i !== at && i !== at + 1).map(wordOf);
  const [first] = rest;
  const lead = launch.entry !== "module" && first !== undefined && !first.text.startsWith("-") ? 1 : 0;
  return [...rest.slice(0, lead), ...words, ...rest.slice(lead)];
}

function fillDraft(context: Context, parsed: ParsedArgv): void {
  const { draft, reading } = context;
  const { facts } = reading;
  draft.set("apiVersion", "llm-d.nvidia.com/v1");
  draft.set("kind", "LLMDeployment");
  draft.set("metadata.name", "migrated-from-vllm");
  if (facts.namespace) draft.set("metadata.namespace", facts.namespace.value, "metadata.namespace");
  draft.set("spec.serving.strategy", context.strategy);
  if (facts.replicas) draft.set("spec.serving.{pool}.replicas", facts.replicas.value, "replicas of the source");
  if (facts.command) draft.set("spec.serving.{pool}.command", facts.command, "the program of the source");
  if (facts.port) draft.set("spec.gateway.listener.port", facts.port.value, "the published port");
  const clash = convertModel(context, parsed);
  convertOptions(context, clash);
  addDefaults(context);
  convertEnv(context);
}

/** The positional model; beside `--model` vLLM refuses both. */
function convertModel(context: Context, parsed: ParsedArgv): ParsedArgv {
  const { model, options } = parsed;
  if (model === undefined) return parsed;
  const { ledger } = context.reading;
  const tokens = ownersOf(context, model.words);
  const target = "spec.model.name";
  if (takeExpanded(context, { words: model.words, path: target, shown: tokens.map(({ text }) => text) })) return parsed;
  if (model.value.trim() === "") {
    const hint = "is there a space after the backslash at a line's end?";
    ledger.take(tokens, {
      disposition: "unknown",
      code: "stray-word",
      reason: "an empty word in place of the model",
      hint,
    });
    return parsed;
  }
  const strange = strangeCharacter(model.value);
  if (strange !== undefined) {
    const reason = `this is no name of a model: there is ${strange} in it`;
    ledger.take(tokens, { disposition: "unknown", code: "stray-word", target, reason, hint: "write it anew" });
    return parsed;
  }
  // A file's `model:` is a `--model` too, but the word on the command line wins over it.
  const other = options.findLast(({ flag }) => flag.name === "--model");
  const fromFile = other !== undefined && ownersOf(context, other.words).every(({ text }) => !text.startsWith("-"));
  if (other !== undefined && !fromFile) {
    const reason = `the model is given twice, here and by --model ${other.values.join(" ")}; vLLM refuses that`;
    ledger.take(tokens, { disposition: "conflict", code: "contradiction", target, reason, hint: "leave one out" });
    return parsed;
  }
  context.draft.set(target, model.value, "the model");
  ledger.take(tokens, { disposition: "mapped", code: "field", target, reason: "the model" });
  if (other === undefined) return parsed;
  ledger.take(ownersOf(context, other.words), {
    disposition: "dropped-safe",
    code: "overridden",
    reason: "the model on the command line wins",
  });
  return { ...parsed, options: options.filter((one) => one !== other) };
}

/** Nothing may be without an outcome; what is left is a defect, said rather than hidden. */
function accountForRest({ reading: { ledger } }: Context): void {
  for (const token of ledger.left()) {
    ledger.take([token], { disposition: "unknown", code: "unaccounted", reason: "this token was not understood" });
  }
}

function finish(context: Context, versionFrom: VersionFrom): Conversion {
  const { reading, draft, strategy, set, version } = context;
  const options = inOrder(reading.ledger.reports).map((one) => placed(withoutSecrets(one, reading.secrets), strategy));
  const open = options.filter(({ disposition }) => OPEN_DISPOSITIONS.has(disposition));
  const head = [
    `Made by switchgear convert from ${reading.file === "-" ? "standard input" : reading.file} (${reading.form}), options of vLLM ${version.text}.`,
    ...open.map(({ tokens, reason, disposition }) => oneLine(`${disposition}: ${tokens.join(" ")}: ${reason}`)),
  ];
  const { document, yaml } = writeDeployment(draft.fields(), { strategy, head, set });
  const { diagnostics } = readDeploymentText({ file: "deployment.yaml", text: yaml });
  const valid = !diagnostics.some(({ severity }) => severity === "error");
  const counts: Record<string, number> = {};
  for (const { disposition } of options) counts[disposition] = (counts[disposition] ?? 0) + 1;
  const notes = [...(strategy === "disaggregated" ? [COLOCATED_FIRST] : []), ...context.notes];
  const checks = strategy === "disaggregated" ? poolChecks(context) : [];
  const clean = open.length === 0 && valid;
  const report = {
    form: reading.form,
    vllmVersion: version.text,
    versionFrom,
    clean,
    options,
    counts,
    notes,
    checks,
    diagnostics,
  };
  return { deployment: document, yaml, report, tokens: reading.ledger.tokens };
}

/** By position; what is not in the input comes last. */
function inOrder(all: readonly OptionReport[]): readonly OptionReport[] {
  const line = ({ position }: OptionReport): number => position?.line ?? Infinity;
  const column = ({ position }: OptionReport): number => position?.column ?? Infinity;
  const files = [...new Set(all.flatMap(({ position }) => position?.file ?? []))];
  const file = ({ position }: OptionReport): number =>
    position === null ? files.length : files.indexOf(position.file);
  return all.toSorted((a, b) => file(a) - file(b) || compare(line(a), line(b)) || compare(column(a), column(b)));
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** What was found to be a secret may stand in other words too. */
function withoutSecrets(one: OptionReport, secrets: ReadonlySet<string>): OptionReport {
  const hide = (text: string): string => {
    let shown = text;
    // Shorter ones are words of a language, and hide nothing.
    for (const secret of secrets) if (secret.length >= 4) shown = shown.replaceAll(secret, HIDDEN);
    return shown;
  };
  const { tokens, reason, hint } = one;
  const [why = "", next = ""] = [reason, hint ?? ""].map((text) => hideSecrets([hide(text)])[0]);
  return { ...one, tokens: hideSecrets(tokens.map(hide)), reason: why, hint: hint === null ? null : next };
}

/** A colocated deployment has one pool. */
function placed(one: OptionReport, strategy: Strategy): OptionReport {
  if (strategy !== "colocated" || one.target === null) return one;
  return { ...one, target: one.target.replace("{pool}", "workers") };
}

function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, " ");
  return flat.length > 200 ? `${flat.slice(0, 200)}…` : flat;
}
