// One option of `vllm serve`: its names, how many words it takes, what kind of value, and vLLM's default.

export type FlagKind =
  /** `--x` and `--no-x`, no value. */
  | "switch"
  /** `--x` alone. */
  | "bare"
  | "text"
  | "int"
  | "float"
  /** `8k`, `16K`, `25.6k` */
  | "human-int"
  /** The same, or `auto`. */
  | "human-int-auto"
  | "json"
  /** A JSON object, else plain text. */
  | "json-or-text"
  /** One or more words. */
  | "texts"
  | "ints"
  /** One word; may be given several times. */
  | "append"
  /** With or without a word. */
  | "optional-text";

export type FlagDefault = string | number | boolean | null | readonly string[] | Readonly<Record<string, never>>;

export interface Flag {
  /** `--tensor-parallel-size` */
  readonly name: string;
  /** `-tp`, or a second long name. */
  readonly others: readonly string[];
  readonly kind: FlagKind;
  /** vLLM's own (0.32); null = it is worked out at start, undefined = a structure that only vLLM prints. */
  readonly fallback: FlagDefault | undefined;
  readonly choices: readonly string[] | undefined;
  /** The words `None` and the empty one stand for no value. */
  readonly nullable: boolean;
}

/** `others` are further names: `-tp`. */
type Make<D> = (name: string, fallback?: D, ...others: readonly string[]) => Flag;

function maker<D extends FlagDefault>(kind: FlagKind): Make<D | null> {
  return (name, fallback = null, ...others) => ({
    name,
    others,
    kind,
    fallback,
    choices: undefined,
    nullable: false,
  });
}

export const flag: Make<boolean | null> = maker("switch");
export const bare: Make<boolean | null> = maker("bare");
export const text: Make<string | number | null> = maker("text");
export const int: Make<number | null> = maker("int");
export const float: Make<number | null> = maker("float");
export const humanInt: Make<number | null> = maker("human-int");
export const humanIntOrAuto: Make<number | null> = maker("human-int-auto");
export const json: Make<readonly string[] | Readonly<Record<string, never>> | null> = maker("json");
export const jsonOrText: Make<string | Readonly<Record<string, never>> | null> = maker("json-or-text");
export const texts: Make<readonly string[] | null> = maker("texts");
export const ints: Make<readonly string[] | null> = maker("ints");
export const append: Make<readonly string[] | null> = maker("append");
export const optionalText: Make<string | null> = maker("optional-text");

/** A configuration class whose default only vLLM itself can print. */
export function structure(name: string, ...others: readonly string[]): Flag {
  return { ...json(name, null, ...others), fallback: undefined };
}

/** `None` and the empty word stand for no value. */
export function orNone(one: Flag): Flag {
  return { ...one, nullable: true };
}

export function oneOf(choices: string, one: Flag): Flag {
  return { ...one, choices: choices.split(" ") };
}
