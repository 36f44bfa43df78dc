// What the demonstration prints: chapters, the commands as typed, and what they answered.

const started = performance.now();

export function chapter(title: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0).padStart(3);
  process.stdout.write(`\n[${seconds} s] ${title}\n`);
}

export function said(text: string): void {
  for (const line of text.trimEnd().split("\n")) process.stdout.write(`        ${line}\n`);
}

export function typed(args: readonly string[]): void {
  const shown = args.map((one) => (/[\s'"]/.test(one) ? JSON.stringify(one) : one)).join(" ");
  process.stdout.write(`      $ switchgear ${shown}\n`);
}

/** What must hold, or the demonstration has failed. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the demonstration failed: ${what}`);
}
