// A number that JSON shows as Python does: 1 as 1.0.

/** In the language since ES2025; the library types of this target do not have it. */
const raw = JSON as unknown as { rawJSON(text: string): unknown };

export function pythonFloat(value: number): unknown {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? raw.rawJSON(`${value}.0`) : value;
}
