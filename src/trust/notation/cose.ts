import { quote } from "../../errors.ts";
import { type Instant, isInstant, SECOND_MS } from "../../time.ts";
import type { SignatureAlgorithm } from "./algorithm.ts";
import { type CborItem, parseCbor } from "./cbor.ts";
import { ATTRIBUTES, meaningOf, type SignatureEnvelope } from "./envelope.ts";
import { malformed, refuse } from "./refused-error.ts";
import { CHAIN_LENGTH_MAX } from "./signing-chain.ts";

const SIGN1_TAG = 18;
const EPOCH_TAG = 1;
const CRITICAL_MAX = 64;

/** Labels of header parameters. @see IANA, "COSE Header Parameters" */
const LABELS = { algorithm: 1, critical: 2, contentType: 3, chain: 33 } as const;
/** Labels that every reader of COSE knows: to call them critical is a fault. */
const REGISTERED_LABEL_MAX = 8;

/** @see IANA, "COSE Algorithms" */
const ALGORITHMS = new Map<number, SignatureAlgorithm>([
  [-37, "PS256"],
  [-38, "PS384"],
  [-39, "PS512"],
  [-7, "ES256"],
  [-35, "ES384"],
  [-36, "ES512"],
]);

type Header = ReadonlyMap<number | string, CborItem>;

/**
 * Reads a signature in COSE: a tagged COSE_Sign1.
 *
 * @throws {RefusedError} what is refused before the signature is looked at
 * @see Notary Project signature-envelope-cose.md; RFC 9052, section 4.2
 */
export function parseCose(bytes: Uint8Array): SignatureEnvelope {
  const message = parseCbor(bytes);
  if (message.kind !== "tag" || message.tag !== SIGN1_TAG) return malformed("it is no tagged COSE_Sign1");
  const { item } = message;
  if (item.kind !== "list" || item.items.length !== 4) return malformed("it is no COSE_Sign1");
  const [first, second, third, fourth] = item.items;
  const protectedBytes = bytesOf(first, "protected header");
  const unprotected = headerOf(second, "unprotected header");
  const payload = bytesOf(third, "payload");
  const signature = bytesOf(fourth, "signature");
  if (signature.byteLength === 0) refuse("signature-missing", "it carries no signature");

  const header = headerOf(parseCbor(protectedBytes), "protected header");
  const twice = [...unprotected.keys()].find((label) => header.has(label));
  if (twice !== undefined) malformed(`${quote(String(twice))} is in both headers`);
  const timestamp = unprotected.get(ATTRIBUTES.timestamp);
  return {
    ...attributesOf(header),
    payload,
    signed: signedBytesOf(protectedBytes, payload),
    signature,
    certificates: chainOf(unprotected.get(LABELS.chain) ?? header.get(LABELS.chain)),
    ...(timestamp === undefined ? {} : { timestamp: bytesOf(timestamp, "countersignature") }),
  };
}

function attributesOf(header: Header): Pick<SignatureEnvelope, "algorithm" | "scheme" | "expiresAt"> {
  const algorithm = integerOf(header.get(LABELS.algorithm), "algorithm");
  const known = ALGORITHMS.get(algorithm);
  if (known === undefined) return refuse("algorithm-unsupported", `it is signed with algorithm ${algorithm}`);
  const critical = criticalOf(header.get(LABELS.critical));
  const contentType = header.get(LABELS.contentType);
  const scheme = header.get(ATTRIBUTES.scheme);
  if (contentType?.kind !== "text") return malformed("it does not say what its payload is");
  if (scheme?.kind !== "text") return malformed("it does not say which signing scheme it follows");
  const meaning = meaningOf({
    contentType: contentType.value,
    labels: [...header.keys()],
    critical,
    scheme: scheme.value,
    signingAt: timeOf(header.get(ATTRIBUTES.signingTime)),
    authenticAt: timeOf(header.get(ATTRIBUTES.authenticSigningTime)),
    expiresAt: timeOf(header.get(ATTRIBUTES.expiry)),
  });
  return { algorithm: known, ...meaning };
}

/** What COSE signs. @see RFC 9052, section 4.4 */
function signedBytesOf(protectedBytes: Uint8Array, payload: Uint8Array): Buffer {
  const context = Buffer.from("Signature1");
  return Buffer.concat([
    Buffer.from([0x84, 0x60 + context.byteLength]),
    context,
    byteStringHead(protectedBytes.byteLength),
    protectedBytes,
    byteStringHead(0),
    byteStringHead(payload.byteLength),
    payload,
  ]);
}

function byteStringHead(length: number): Buffer {
  if (length < 24) return Buffer.from([0x40 + length]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length, 1);
  if (length < 0x1_00) return Buffer.from([0x58, length]);
  if (length < 0x1_0000) return Buffer.from([0x59, length >> 8, length & 0xff]);
  head[0] = 0x5a;
  return head;
}

function chainOf(item: CborItem | undefined): readonly Uint8Array[] {
  if (item === undefined) return [];
  if (item.kind !== "list") return malformed("its chain is no list");
  if (item.items.length > CHAIN_LENGTH_MAX)
    return malformed(`its chain has ${item.items.length} certificates`);
  return item.items.map((certificate) => bytesOf(certificate, "certificate"));
}

function criticalOf(item: CborItem | undefined): readonly (number | string)[] {
  if (item?.kind !== "list" || item.items.length > CRITICAL_MAX) {
    return malformed("it has no list of critical headers");
  }
  return item.items.map((label) => {
    if (label.kind !== "integer" && label.kind !== "text") return malformed("a critical header has no name");
    const { value } = label;
    const isRegistered = typeof value === "number" && value >= 0 && value <= REGISTERED_LABEL_MAX;
    return isRegistered ? malformed(`label ${value} is marked critical`) : value;
  });
}

/** Seconds since the epoch, tagged so. */
function timeOf(item: CborItem | undefined): Instant | undefined {
  if (item === undefined) return undefined;
  if (item.kind !== "tag" || item.tag !== EPOCH_TAG) return malformed("a time of another form");
  const instant = integerOf(item.item, "time") * SECOND_MS;
  return isInstant(instant) ? instant : malformed("a time that no calendar has");
}

function headerOf(item: CborItem | undefined, what: string): Header {
  return item?.kind === "map" ? item.entries : malformed(`its ${what} is no map`);
}

function bytesOf(item: CborItem | undefined, what: string): Uint8Array {
  return item?.kind === "bytes" ? item.value : malformed(`its ${what} is no byte string`);
}

function integerOf(item: CborItem | undefined, what: string): number {
  return item?.kind === "integer" ? item.value : malformed(`its ${what} is no integer`);
}
