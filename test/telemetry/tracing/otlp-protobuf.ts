// Reads OTLP's protobuf of traces: just the fields that tests look at, by the numbers in opentelemetry-proto's trace.proto.
import type { ReceivedSpan, SpanValue } from "./received-span.ts";

interface Field {
  readonly number: number;
  readonly bytes: Buffer;
  readonly value: bigint;
}

const NOTHING = Buffer.alloc(0);

/** Of an ExportTraceServiceRequest. */
export function spansOfProtobuf(request: Buffer): ReceivedSpan[] {
  return all(request, 1).flatMap((resource) =>
    all(resource, 2).flatMap((scope) => all(scope, 2).map((span) => readSpan(span, all(resource, 1)[0] ?? NOTHING))),
  );
}

function readSpan(bytes: Buffer, resource: Buffer): ReceivedSpan {
  const fields = read(bytes);
  const of = (number: number) => fields.find((one) => one.number === number);
  const text = (number: number, encoding: "hex" | "utf8") => of(number)?.bytes.toString(encoding) ?? "";
  const status = read(of(15)?.bytes ?? NOTHING).find((one) => one.number === 3);
  return {
    traceId: text(1, "hex"),
    spanId: text(2, "hex"),
    parentSpanId: text(4, "hex"),
    name: text(5, "utf8"),
    kind: Number(of(6)?.value ?? 0n),
    start: of(7)?.value ?? 0n,
    end: of(8)?.value ?? 0n,
    attributes: attributes(bytes, 9),
    events: all(bytes, 11).map((event) => all(event, 2)[0]?.toString() ?? ""),
    error: status?.value === 2n,
    resource: attributes(resource, 1),
  };
}

function attributes(bytes: Buffer, number: number): Record<string, SpanValue> {
  const pairs = all(bytes, number).map((pair) => {
    return [all(pair, 1)[0]?.toString() ?? "", anyValue(all(pair, 2)[0] ?? NOTHING)] as const;
  });
  return Object.fromEntries(pairs);
}

function anyValue(bytes: Buffer): SpanValue {
  const [field] = read(bytes);
  if (field === undefined) return "";
  if (field.number === 1) return field.bytes.toString();
  if (field.number === 2) return field.value === 1n;
  if (field.number === 3) return Number(field.value);
  if (field.number === 4) return new Float64Array(new BigUint64Array([field.value]).buffer)[0] ?? Number.NaN;
  return all(field.bytes, 1).map((one) => String(anyValue(one)));
}

function all(bytes: Buffer, number: number): Buffer[] {
  return read(bytes).flatMap((one) => (one.number === number ? [one.bytes] : []));
}

/** https://protobuf.dev/programming-guides/encoding/ */
function read(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    const wire = tag & 7;
    if (wire === 0) fields.push({ number, bytes: NOTHING, value: varint() });
    else if (wire === 2) {
      const length = Number(varint());
      fields.push({ number, bytes: bytes.subarray(at, at + length), value: 0n });
      at += length;
    } else if (wire === 1) {
      fields.push({ number, bytes: NOTHING, value: bytes.readBigUInt64LE(at) });
      at += 8;
    } else if (wire === 5) {
      fields.push({ number, bytes: NOTHING, value: BigInt(bytes.readUInt32LE(at)) });
      at += 4;
    } else throw new Error(`wire type ${wire}`);
  }
  return fields;
}
