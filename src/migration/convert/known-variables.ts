// Variables with a plain value in a manifest's own `env`: what Kubernetes, or the shell of its script, would put in for their names.
import type { Reading } from "./reading.ts";
import { isSecretName } from "./shown-words.ts";
import type { Token } from "./token.ts";

/** Kubernetes itself replaces `$(NAME)` only; of a script's words its shell replaces the other forms. */
const IN_WORD = /^\$\((\w+)\)$/;
const IN_SCRIPT = /^\$(?:\((\w+)\)|\{(\w+)\}|([A-Za-z_]\w*))$/;
/** A shell would split or look up what has blanks, wildcards or quotes. */
const PLAIN = /^[\w./:@%+,=-]+$/;

/** The token with what would stand in its place, where that is known beyond doubt; `own`: of a script, the names that it sets itself. */
export function withValue(reading: Reading, token: Token, own?: ReadonlySet<string>): Token {
  const { expansion, text } = token;
  // With another dollar beside it, one of the two may have been quoted.
  if (reading.form !== "kubernetes" || expansion === undefined || text.split("$").length !== 2) return token;
  const name = (own === undefined ? IN_WORD : IN_SCRIPT)
    .exec(expansion)
    ?.slice(1)
    .find((one) => one !== undefined);
  const variable = reading.env.findLast((one) => one.name === name);
  const { value, tokens } = variable ?? {};
  if (name === undefined || value === undefined || variable?.expansion !== undefined || isSecretName(name))
    return token;
  if (!PLAIN.test(value) || own?.has(name) === true) return token;
  const by = `${expansion} is ${value}, as env says in line ${tokens?.[0]?.position.line}`;
  return { ...token, known: { text: text.replace(expansion, () => value), by } };
}

/** Names that a script sets itself: what its env says of them does not hold. */
export function setInScript(words: readonly Token[]): ReadonlySet<string> {
  return new Set(words.flatMap(({ text }) => /^([A-Za-z_]\w*)\+?=/.exec(text)?.[1] ?? []));
}
