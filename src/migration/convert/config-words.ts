// A vLLM config file → the words that vLLM makes of it: `k: v` is `--k v`, a list several words, a mapping JSON.
import { flagTable, type VllmVersion } from "../../vllm/index.ts";
import type { Launch } from "./reading.ts";
import type { Ledger, Token } from "./token.ts";
import { type Leaf, readYaml } from "./yaml-leaves.ts";

/** A word for vLLM's parser; the first word of a file's entry owns the entry's token. */
export interface Word {
  readonly text: string;
  readonly owner: Token | undefined;
  readonly expansion: string | undefined;
}

export function wordOf(token: Token): Word {
  const { text, expansion, known } = token;
  return known === undefined
    ? { text, owner: token, expansion }
    : { text: known.text, owner: token, expansion: undefined };
}

export interface ConfigFile {
  readonly file: string;
  readonly text: string;
  readonly ledger: Ledger;
  readonly entry: Launch["entry"];
  readonly version: VllmVersion;
}

interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly leaves: readonly Leaf[];
}

export function configWords(config: ConfigFile): Word[] {
  const [document] = readYaml(config.file, config.text);
  const value = document?.value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, one]: [string, unknown]) =>
    entryWords(config, { key, value: one, leaves: (document?.leaves ?? []).filter(({ path }) => isUnder(path, key)) }),
  );
}

function isUnder(path: string, key: string): boolean {
  return path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`);
}

function entryWords(config: ConfigFile, { key, value, leaves }: Entry): Word[] {
  const position = leaves[0]?.position;
  if (position === undefined) return [];
  const shown = typeof value === "object" && value !== null ? JSON.stringify(value) : (leaves[0]?.text ?? "");
  const owner = config.ledger.add({ text: `${key}: ${shown}`, position });
  if (value === false) return falseWords(config, owner, key);
  const isEmpty = Array.isArray(value) && value.length === 0;
  if (isEmpty) {
    const reason = "vLLM skips an empty list";
    config.ledger.take([owner], { disposition: "dropped-safe", code: "without-effect", reason });
    return [];
  }
  const first: Word = { text: `--${key}`, owner, expansion: undefined };
  return [first, ...valueTexts(value, leaves).map((text) => ({ text, owner: undefined, expansion: undefined }))];
}

function valueTexts(value: unknown, leaves: readonly Leaf[]): string[] {
  if (value === true) return [];
  if (Array.isArray(value)) return leaves.map(({ text }) => text);
  if (typeof value === "object" && value !== null) return [JSON.stringify(value)];
  // Python writes an empty value as None.
  return [value === null ? "None" : (leaves[0]?.text ?? "")];
}

/** vLLM looks for `--no-k` among the options of the parser that was called, which for `vllm serve` holds none (0.32). */
function falseWords({ ledger, entry, version }: ConfigFile, owner: Token, key: string): Word[] {
  const known = flagTable(version).get(`--${key.replaceAll("_", "-")}`);
  if (entry === "module" && known?.flag.kind === "switch" && !key.includes("_"))
    return [{ text: `--no-${key}`, owner, expansion: undefined }];
  if (known?.flag.fallback === false) {
    ledger.take([owner], { disposition: "dropped-safe", code: "is-default", reason: "it is vLLM's default" });
    return [];
  }
  if (known === undefined) return [{ text: `--no-${key}`, owner, expansion: undefined }];
  const reason = `the file says false, but \`vllm serve\` skips a false in its config file, so ${known.flag.name} keeps its default`;
  const hint = `if it is meant, give --no-${known.flag.name.slice(2)} on the command line`;
  ledger.take([owner], { disposition: "conflict", code: "contradiction", reason, hint });
  return [];
}
