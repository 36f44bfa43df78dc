// Words that a shell or template would replace: nothing is executed and no value is made up.
import type { ArgvOption } from "../../vllm/index.ts";
import { type Context, expansionIn, isSet, ownersOf } from "./context.ts";
import type { Token } from "./token.ts";

export interface ExpandedWords {
  readonly words: readonly number[];
  /** The field that the words would fill. */
  readonly path: string | undefined;
  readonly shown: readonly string[];
}

/** True when the words were such. */
export function takeExpanded(context: Context, { words, path, shown }: ExpandedWords): boolean {
  const expansion = expansionIn(context, words);
  if (expansion === undefined) return false;
  const tokens = ownersOf(context, words);
  const { ledger, assigned } = context.reading;
  const target = path ?? null;
  if (path !== undefined && isSet(context, path)) {
    const reason = `${expansion} is not executed; --set gives the value`;
    ledger.take(tokens, { disposition: "changed", code: "expansion", target, reason }, shown);
    return true;
  }
  const hint = expansionHint(assigned, expansion, path);
  const reason = `${expansion} would be replaced before vLLM sees it; nothing is executed here`;
  ledger.take(tokens, { disposition: "unsupported", code: "expansion", target, reason, hint }, shown);
  return true;
}

/** `$NAME`, `${NAME}`, `${NAME:-…}`, Kubernetes' `$(NAME)`: one variable and nothing else. */
const VARIABLE = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?[-?][^{}]*)?\}|\(([A-Za-z_]\w*)\))$/;

/** The variables that the values of an option are, when all of them are; a reference stays one. */
export function referredVariables(context: Context, { words, values }: ArgvOption): string[] | undefined {
  if (expansionIn(context, words) === undefined) return undefined;
  const names = values.flatMap(
    (value) =>
      VARIABLE.exec(value)
        ?.slice(1)
        .find((one) => one !== undefined) ?? [],
  );
  return names.length > 0 && names.length === values.length ? names : undefined;
}

function expansionHint(assigned: ReadonlyMap<string, Token>, expansion: string, path: string | undefined): string {
  if (expansion.startsWith("{")) return "put single quotes around JSON";
  const name = /^\$[{(]?([A-Za-z_]\w*)/.exec(expansion)?.[1];
  const at = name === undefined ? undefined : assigned.get(name);
  const known = at === undefined ? "" : ` (${name} is set in line ${at.position.line})`;
  const set = path === undefined ? "" : `, or give it: --set ${path.replace("{pool}", "workers")}=VALUE`;
  return `write the value${known}${set}`;
}
