// Markdown tables: of figures, first column to the left and the others to the right; of words, all to the left.

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return table(head, { rule: head.map((_, i) => (i === 0 ? "---" : "--:")), rows });
}

export function wordTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return table(head, { rule: head.map(() => "---"), rows });
}

interface Body {
  readonly rule: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function table(head: readonly string[], { rule, rows }: Body): string {
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
