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

/** A whole number, 1 or more. */
export function countOption(text: string): number {
  const value = positiveOption(text);
  if (!Number.isInteger(value))
    throw new InvalidArgumentError(`expected a whole number, found ${JSON.stringify(text)}.`);
  return value;
}

/** One that no memory is short of. */
export function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = countOption(text);
    if (value > most) throw new InvalidArgumentError(`expected at most ${most}, found ${JSON.stringify(text)}.`);
    return value;
  };
}

/** σ of a lognormal: at 5 one in twenty is off by a factor of 18,000. */
export function sigmaOption(text: string): number {
  const value = numberOption(text);
  if (value > 5) throw new InvalidArgumentError(`expected a deviation from 0 to 5, found ${JSON.stringify(text)}.`);
  return value;
}

/** A whole number, 0 or more. */
export function wholeOption(text: string): number {
  const value = numberOption(text);
  if (!Number.isInteger(value))
    throw new InvalidArgumentError(`expected a whole number, found ${JSON.stringify(text)}.`);
  return value;
}

export function portOption(text: string): number {
  const value = numberOption(text);
  if (!Number.isInteger(value) || value > 65_535)
    throw new InvalidArgumentError(`expected a port from 0 to 65535, found ${JSON.stringify(text)}.`);
  return value;
}
