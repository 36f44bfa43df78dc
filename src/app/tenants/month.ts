// A calendar month, UTC, by its name.

export interface Month {
  readonly month: string;
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
}

export function monthOf(text: unknown): Month | undefined {
  const found = typeof text === "string" ? /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) : null;
  if (found === null) return undefined;
  const [month, year, number] = [found[0], Number(found[1]), Number(found[2])];
  return { month, from: Date.UTC(year, number - 1), to: Date.UTC(year, number) };
}
