// Classes of requests, the first served first.
export const PRIORITY_CLASSES = ["system", "interactive", "default", "batch"] as const;

export type PriorityClass = (typeof PRIORITY_CLASSES)[number];

export function isPriorityClass(name: unknown): name is PriorityClass {
  return PRIORITY_CLASSES.some((one) => one === name);
}
