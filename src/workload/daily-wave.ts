// A sine from −1 over 1 back to −1, equal on every platform.

/** `turns` counts periods from the lowest point: −1 at 0, 1 at ½. */
export function dailyWave(turns: number): number {
  const part = turns - Math.floor(turns);
  // −cos(2π·part) = sin(π·x/2) with x rising from −1 to 1 and falling again.
  return sineOfQuarters(part < 0.5 ? 4 * part - 1 : 3 - 4 * part);
}

/** sin(x·π/2) for x in −1…1, by its series; the first term left out is below 10⁻⁹. */
function sineOfQuarters(x: number): number {
  const angle = (x * Math.PI) / 2;
  const square = angle * angle;
  let term = angle;
  let sum = angle;
  for (let n = 2; n <= 14; n += 2) {
    term *= -square / (n * (n + 1));
    sum += term;
  }
  return sum;
}
