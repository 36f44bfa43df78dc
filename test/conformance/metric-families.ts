// The families of a /metrics page: name, type, help, label names, bucket edges; without the values.

/** One line a family, by name. Labels whose presence depends on what was asked so far are left to the cases. */
export function metricFamilies(page: string): Map<string, string> {
  const families = new Map<string, { type: string; help: string; labels: Set<string>; edges: Set<string> }>();
  for (const line of page.split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind !== undefined) {
      const family = families.get(name) ?? { type: "", help: "", labels: new Set(), edges: new Set() };
      families.set(name, kind === "HELP" ? { ...family, help: rest } : { ...family, type: rest });
      continue;
    }
    const [, sample = "", labels = ""] = /^([^\s{]+)(?:\{(.*)\})? /.exec(line) ?? [];
    const family = families.get(sample) ?? families.get(sample.replace(/_(bucket|sum|count|created|total)$/, ""));
    for (const [, label = "", value = ""] of labels.matchAll(/([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"/g)) {
      if (label === "le") family?.edges.add(value);
      else family?.labels.add(label);
    }
  }
  return new Map([...families].map(([name, family]) => [name, describe(family)]));
}

function describe(family: { type: string; help: string; labels: Set<string>; edges: Set<string> }): string {
  const { type, help, labels, edges } = family;
  return `${type} {${[...labels].toSorted().join(",")}} [${[...edges].join(" ")}] ${help}`;
}
