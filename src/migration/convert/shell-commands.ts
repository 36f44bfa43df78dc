// Shell items → simple commands: their words, and the operators and redirections around them.
import type { ShellItem } from "./shell-lexer.ts";
import type { Token } from "./token.ts";

export interface SimpleCommand {
  readonly words: readonly Token[];
  /** Redirections with their targets, and the operator that ends the command. */
  readonly around: readonly Token[];
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
  for (const item of items) {
    if (item.kind === "end") close();
    else if (item.kind === "operator") {
      around.push(item.token);
      redirects = /[<>]/.test(item.token.text);
      if (!redirects) close();
    } else if (redirects) {
      around.push(item.token);
      redirects = false;
    } else words.push(item.token);
  }
  close();
  return commands;
}
