// What became of the tokens of an input: one entry of the conversion report.

export const DISPOSITIONS = [
  "mapped",
  "changed",
  "passed-through",
  "defaulted",
  "dropped-safe",
  "unsupported",
  "conflict",
  "unknown",
] as const;

export type Disposition = (typeof DISPOSITIONS)[number];

/** With one of these a conversion is not clean. */
export const OPEN_DISPOSITIONS: ReadonlySet<Disposition> = new Set(["unsupported", "conflict", "unknown"]);

/** Stable names of why. */
export const CONVERT_CODES = {
  field: "The option has a field of its own in the deployment file.",
  argument: "The option is passed to every worker as it is, in `args`.",
  environment: "The variable is set for every worker, in `env`.",
  "own-default": "Nothing is said, so vLLM's own default for that release is written.",
  program: "The program that is run.",
  equivalent: "Written another way that does the same.",
  renamed: "Today's vLLM has another name for it.",
  "without-effect": "It does nothing in this release of vLLM.",
  overridden: "A later value of the same option counts.",
  "is-default": "It says what holds without it.",
  kubernetes: "Belongs to the running of containers, which Switchgear does not take over.",
  container: "Belongs to the running of a container, which Switchgear does not take over.",
  "service-manager": "Belongs to systemd, which Switchgear does not take over.",
  shell: "Belongs to the shell: a wrapper, an operator or a redirection.",
  secret: "A secret: kept out of the file, read from the environment where it is used.",
  "gateway-owns": "Switchgear decides it itself.",
  "removed-option": "vLLM has this option no more.",
  "not-in-fleet": "A fleet behind one gateway cannot do it, or this release cannot.",
  "other-command": "Another command; nothing of it is executed.",
  expansion: "A shell or template would put something else here; it is not executed.",
  "bad-value": "vLLM would refuse the value.",
  contradiction: "Two statements that cannot both hold.",
  "unknown-option": "The flag table has no such option.",
  "ambiguous-option": "A prefix that several options begin with.",
  "stray-word": "A word that belongs to no option.",
  unaccounted: "A defect in Switchgear: please report it.",
} as const satisfies Record<string, string>;

export type ConvertCode = keyof typeof CONVERT_CODES;

export interface Outcome {
  readonly disposition: Disposition;
  readonly code: ConvertCode;
  /** Field path, `environment NAME`, or null when it goes nowhere. */
  readonly target?: string | null;
  readonly reason: string;
  readonly hint?: string | null;
}

export interface OptionReport {
  /** As written; secrets are hidden. Empty for a default. */
  readonly tokens: readonly string[];
  readonly disposition: Disposition;
  readonly code: ConvertCode;
  readonly target: string | null;
  readonly reason: string;
  readonly hint: string | null;
  readonly position: Position | null;
}

export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
