// Values of command-line options: parsed and bounded, with a clear complaint.
import { InvalidArgumentError } from "commander";

export function numberOption(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError(`expected a number ≥ 0, found ${JSON.stringify(text)}.`);
  return value;
}

export function positiveOption(text: string): number {
  const value = numberOption(text);
  if (value <= 0) throw new InvalidArgumentError(`expected a number above 0, found ${JSON.stringify(text)}.`);
  return value;
}

/** 0…1 */
export function shareOption(text: string): number {
  const value = numberOption(text);
  if (value > 1) throw new InvalidArgumentError(`expected a share from 0 to 1, found ${JSON.stringify(text)}.`);
  return value;
}
