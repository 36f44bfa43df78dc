// Numbers in the spelling of Python's prometheus_client.

/** A sample or an edge as Python's prometheus_client writes it: `1.0`, `2.097152e+06`, `+Inf`. */
export function metricNumber(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  if (Number.isNaN(value)) return "NaN";
  const plain = pythonFloat(value);
  const dot = plain.indexOf(".");
  // floatToGoString: from seven digits before the point on, with an exponent.
  if (value <= 0 || dot <= 6) return plain;
  const mantissa = `${plain[0]}.${plain.slice(1, dot)}${plain.slice(dot + 1)}`.replace(/0+$/, "").replace(/\.$/, "");
  return `${mantissa}e+0${dot - 1}`;
}

/** repr(float) of Python: always with a point, an exponent from 1e16 on and below 1e-4. */
function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
