// Sums over the series of a Prometheus page.

/** Σ of all series of `name` whose labels hold each of `labels`. */
export function sumOf(page: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  let sum = 0;
  for (const line of page.split("\n")) {
    const match = /^(\w+)(?:\{([^}]*)\})? (\S+)/.exec(line);
    if (match?.[1] !== name) continue;
    const holds = Object.entries(labels).every(([key, value]) => match[2]?.includes(`${key}="${value}"`));
    if (holds) sum += Number(match[3]);
  }
  return sum;
}

/** Values of a metric's series by one of their labels. */
export function seriesOf(page: string, name: string, label: string): Record<string, number> {
  const values = [...page.matchAll(new RegExp(`^${name}\\{[^}]*${label}="([^"]*)"`, "gm"))].map(
    ([, value = ""]) => value,
  );
  return Object.fromEntries(values.map((value) => [value, sumOf(page, name, { [label]: value })]));
}
