// Numbers as Python prints them, for the texts of the seed that are kept to the letter.

/** `repr` of a float: 1001.0, 1e+16, 2e-05. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16)
    return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const plain = power < 0 ? value.toFixed(mantissa.replace(/[-.]/g, "").length - 1 - power) : String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

/** `f"{value:.Nf}"`: the exact value, ties to the even digit. */
export function pythonFixed(value: number, decimals: number): string {
  // From here on toFixed writes an exponent; such a value has no fraction.
  if (Math.abs(value) >= 1e21 && Number.isFinite(value))
    return `${BigInt(value)}${decimals === 0 ? "" : `.${"0".repeat(decimals)}`}`;
  const nearest = value.toFixed(decimals);
  const isTie = Math.abs(value * 2 ** (decimals + 1)) % 2 === 1;
  const last = Number(nearest.at(-1));
  return isTie && last % 2 === 1 ? `${nearest.slice(0, -1)}${last - 1}` : nearest;
}

/** `f"{value:.N%}"`. */
export function pythonPercent(value: number, decimals: number): string {
  return `${pythonFixed(value * 100, decimals)}%`;
}
