/** One change of one place in a JSON document. */
export interface Mutation {
  /** `tlogEntries.0.logIndex` */
  readonly path: string;
  /** What was done there: `first byte flipped`. */
  readonly how: string;
  readonly document: unknown;
}

/**
 * Every change that takes something away from a document or makes something else of it: members and elements removed and repeated,
 * texts, numbers and encoded bytes altered at their beginning, in the middle and at their end.
 */
export function mutationsOf(document: unknown): readonly Mutation[] {
  return at("", document);
}

function at(path: string, value: unknown): readonly Mutation[] {
  if (typeof value === "string")
    return textsFrom(value).map(({ how, text }) => ({ path, how, document: text }));
  if (typeof value === "number") {
    return [value + 1, value - 1, 0, -value].map((document) => ({
      path,
      how: `set to ${document}`,
      document,
    }));
  }
  if (Array.isArray(value)) return inArray(path, value);
  return typeof value === "object" && value !== null ? inObject(path, value) : [];
}

function inArray(path: string, values: readonly unknown[]): readonly Mutation[] {
  return [
    ...values.flatMap((value, index) => [
      { path: joined(path, index), how: "removed", document: values.toSpliced(index, 1) },
      { path: joined(path, index), how: "repeated", document: values.toSpliced(index, 0, value) },
      ...at(joined(path, index), value).map((inner) => ({
        ...inner,
        document: values.with(index, inner.document),
      })),
    ]),
    ...(values.length > 1 ? [{ path, how: "turned round", document: values.toReversed() }] : []),
  ];
}

function inObject(path: string, value: object): readonly Mutation[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const here = joined(path, name);
    const { [name]: _, ...others }: Readonly<Record<string, unknown>> = { ...value };
    return [
      { path: here, how: "removed", document: others },
      { path: here, how: "set to null", document: { ...value, [name]: null } },
      { path: here, how: "set to a list", document: { ...value, [name]: [member] } },
      ...at(here, member).map((inner) => ({ ...inner, document: { ...value, [name]: inner.document } })),
    ];
  });
}

function joined(path: string, name: string | number): string {
  return path === "" ? String(name) : `${path}.${name}`;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

interface ChangedText {
  readonly how: string;
  readonly text: string;
}

function textsFrom(text: string): readonly ChangedText[] {
  const emptied = text === "" ? [] : [{ how: "emptied", text: "" }];
  if (/^\d+$/.test(text)) return [...emptied, ...decimalsFrom(BigInt(text))];
  if (BASE64.test(text)) return [...emptied, ...encodedFrom(Buffer.from(text, "base64"))];
  const bytes = Buffer.from(text);
  return [
    ...emptied,
    ...flipsOf(bytes).map(({ how, bytes: changed }) => ({ how, text: changed.toString("latin1") })),
    { how: "prolonged", text: `${text}x` },
  ];
}

function decimalsFrom(value: bigint): readonly ChangedText[] {
  return [value + 1n, value - 1n, 0n, -value, value * 2n ** 64n]
    .map(String)
    .filter((text) => text !== String(value))
    .map((text) => ({ how: `set to ${text}`, text }));
}

function encodedFrom(bytes: Buffer): readonly ChangedText[] {
  return [
    ...flipsOf(bytes),
    { how: "last byte cut off", bytes: bytes.subarray(0, -1) },
    { how: "prolonged", bytes: Buffer.concat([bytes, Buffer.from([0])]) },
  ].map(({ how, bytes: changed }) => ({ how, text: changed.toString("base64") }));
}

function flipsOf(bytes: Buffer): readonly { readonly how: string; readonly bytes: Buffer }[] {
  const places = { first: 0, middle: bytes.byteLength >> 1, last: bytes.byteLength - 1 };
  return Object.entries(places)
    .filter(([, place]) => place in bytes)
    .map(([name, place]) => ({ how: `${name} byte flipped`, bytes: flipped(bytes, place) }));
}

/** The bytes with the lowest bit of one of them turned. */
export function flipped(bytes: Uint8Array, place: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[place] = (copy[place] ?? 0) ^ 1;
  return copy;
}
