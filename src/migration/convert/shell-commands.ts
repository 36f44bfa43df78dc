// Shell items → simple commands: their words, and the operators and redirections around them.
import type { ShellItem } from "./shell-lexer.ts";
import type { Token } from "./token.ts";

export interface SimpleCommand {
  readonly words: readonly Token[];
  /** Redirections with their targets, and the operator that ends the command. */
  readonly around: readonly Token[];
  /** `NAME=( … )`: its words, brackets and all. */
  readonly isArray?: boolean;
}

export function splitCommands(items: readonly ShellItem[]): SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let words: Token[] = [];
  let around: Token[] = [];
  let redirects = false;
  const close = (): void => {
    if (words.length + around.length > 0) commands.push({ words, around });
    [words, around, redirects] = [[], [], false];
  };
  let array: Token[] | undefined;
  for (const item of items) {
    if (array !== undefined) {
      if (item.token !== undefined) array.push(item.token);
      if (item.kind !== "operator" || item.token.text !== ")") continue;
      commands.push({ words: array, around: [], isArray: true });
      array = undefined;
    } else if (item.kind === "operator" && beginsArray(item.token, words)) {
      array = [...words, item.token];
      words = [];
    } else if (item.kind === "end") close();
    else if (item.kind === "operator") {
      around.push(item.token);
      redirects = /[<>]/.test(item.token.text);
      if (!redirects) close();
    } else if (redirects) {
      around.push(item.token);
      redirects = false;
    } else words.push(item.token);
  }
  if (array !== undefined) words = array;
  close();
  return commands;
}

function beginsArray({ text }: Token, [name, ...more]: readonly Token[]): boolean {
  return text === "(" && more.length === 0 && /^[A-Za-z_]\w*\+?=$/.test(name?.text ?? "");
}
