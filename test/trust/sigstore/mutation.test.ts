import { describe, expect, test } from "vitest";
import type { Candidate } from "../../../src/trust/evidence.ts";
import { attestationCandidate, bundleCandidate, bytesOf, signatureCandidate } from "../../fakes/signer.ts";
import { bundleDocument, legacyAttestationOf, legacySignatureOf } from "../../fakes/sigstore/signed-parts.ts";
import { type Mutation, flipped, mutationsOf } from "./mutations.ts";
import { candidateOf, createStage } from "./stage.ts";

/**
 * Changes what is good, one place at a time: all of it must be refused. What nobody vouches for is listed with the reason; a change there
 * may change nothing but itself.
 */
const stage = await createStage();
const { image } = stage;
const signedImage = await stage.sign("legacy signature");
const signedStatement = await stage.sign("legacy attestation");
const BUNDLES = {
  "with promise and proof": await stage.sign("bundle", { log: "promise-and-proof" }),
  "in a log of version 2 with a countersignature": await stage.sign("bundle", { log: "v2" }),
} as const;
const timed = await stage.sign("bundle", { log: "none", timestamp: "signature" });

/** Who is believed, what for and since when: all that a candidate proves; undefined if it is refused. */
function proofOf(candidate: Candidate, policy = stage.policy()): object | undefined {
  const { results, statements } = stage.findings([candidate], policy);
  const [outcome] = results.map((result) => result.outcome);
  if (outcome?.kind !== "accepted") return undefined;
  const said = statements.map(({ predicateType, predicate }) => ({ predicateType, predicate }));
  return { ...outcome, said };
}

/** A place that nobody vouches for. */
interface Unproven {
  readonly path: RegExp;
  readonly why: string;
  /** The one change that is not noticed; any if it is not named. */
  readonly how?: string;
  /** The member of the proof that repeats what stands there. */
  readonly shownAs?: string;
}

interface Findings {
  readonly tried: number;
  /** Changes that were accepted, or changed something, though nothing on the list allows it. */
  readonly wrong: readonly string[];
  /** Places on the list where no change was accepted. */
  readonly proven: readonly string[];
}

function findingsOf(
  mutations: readonly Mutation[],
  candidate: (document: unknown) => Candidate,
  unproven: readonly Unproven[],
  proof: object | undefined,
): Findings {
  const used = new Set<Unproven>();
  const wrong = mutations.flatMap(({ path, how, document }) => {
    const changed = proofOf(candidate(document));
    if (changed === undefined) return [];
    const allowed = unproven.find(
      (place) => place.path.test(path) && (place.how === undefined || place.how === how),
    );
    if (allowed === undefined) return [`${path} ${how}`];
    used.add(allowed);
    const { shownAs } = allowed;
    const isSame = JSON.stringify(without(changed, shownAs)) === JSON.stringify(without(proof, shownAs));
    return isSame ? [] : [`${path} ${how}: proves something else`];
  });
  const proven = unproven.filter((place) => !used.has(place)).map(({ path }) => path.source);
  return { tried: mutations.length, wrong, proven };
}

function without(proof: object | undefined, member: string | undefined): object {
  return Object.fromEntries(Object.entries(proof ?? {}).filter(([name]) => name !== member));
}

const KEY_ID: Unproven = { path: /signatures\.0\.keyid$/, why: "a hint, which signatures do not cover" };
const OF_PROOFS: readonly Unproven[] = [
  { path: /inclusionProof\.treeSize$/, why: "the signed checkpoint says how large the tree is" },
  { path: /inclusionProof\.rootHash$/, why: "the signed checkpoint names the root" },
  {
    path: /checkpoint\.envelope$/,
    how: "prolonged",
    why: "signatures of witnesses may follow that of the log",
  },
];

const bundled = (document: unknown): Candidate => bundleCandidate(image, bytesOf(document));

describe("a bundle", () => {
  test.each<{ title: keyof typeof BUNDLES; unproven: readonly Unproven[] }>([
    { title: "with promise and proof", unproven: [KEY_ID, ...OF_PROOFS] },
    {
      title: "in a log of version 2 with a countersignature",
      unproven: [
        KEY_ID,
        ...OF_PROOFS,
        {
          path: /tlogEntries\.0\.logIndex$/,
          why: "a proof covers the index in its tree, not that in the whole log",
          shownAs: "log",
        },
        {
          path: /signedTimestamp$/,
          how: "first byte flipped",
          why: "a token stands in an answer that is not signed: a list or a set",
        },
      ],
    },
  ])("$title is refused with anything changed", ({ title, unproven }) => {
    const document = bundleDocument(BUNDLES[title]);
    const proof = proofOf(bundled(document));
    expect(proof).toMatchObject({ said: [{ predicateType: "https://cyclonedx.org/bom" }] });
    const { tried, ...findings } = findingsOf(mutationsOf(document), bundled, unproven, proof);
    expect(tried).toBeGreaterThan(120);
    expect(findings).toStrictEqual({ wrong: [], proven: [] });
  });

  test.each(Object.values(BUNDLES))("says the same or nothing with any member named twice (%#)", (parts) => {
    const text = JSON.stringify(bundleDocument(parts));
    const proof = proofOf(bundled(bundleDocument(parts)));
    const members = [...text.matchAll(/"\w+":/g)];
    expect(members.length).toBeGreaterThan(20);
    for (const { index, 0: name } of members) {
      const twice = `${text.slice(0, index)}${name}"another",${text.slice(index)}`;
      expect([undefined, proof]).toContainEqual(proofOf(bundleCandidate(image, Buffer.from(twice))));
    }
  });
});

const LOG = "dev.sigstore.cosign/bundle";
const CHAIN: Unproven = {
  path: /^annotations\.dev\.sigstore\.cosign\/chain$/,
  why: "which certificates stand above the signer's is decided by the trust root",
};

const CERTIFICATE_ENDS: readonly Unproven[] = ["last byte flipped", "prolonged"].map((how) => ({
  path: /^annotations\.dev\.sigstore\.cosign\/certificate$/,
  how,
  why: "what stands outside of a PEM block is a comment",
}));

type Annotations = Readonly<Record<string, string>>;

/** Annotations with the log's word opened, and closed again. */
function opened(annotations: Annotations): { readonly annotations: Annotations; readonly log: unknown } {
  const { [LOG]: log = "", ...others } = annotations;
  return { annotations: others, log: JSON.parse(log) };
}

function closed(document: object): Annotations {
  const { annotations, log }: { readonly annotations?: unknown; readonly log?: unknown } = document;
  const texts = Object.entries(annotations ?? {}).flatMap(([name, text]) =>
    typeof text === "string" ? [[name, text] as const] : [],
  );
  return { ...Object.fromEntries(texts), ...(log === undefined ? {} : { [LOG]: JSON.stringify(log) }) };
}

function signatureFrom(document: unknown): Candidate {
  const changed: { readonly payload?: unknown } = Object(document);
  const bytes = Buffer.from(typeof changed.payload === "string" ? changed.payload : "", "base64");
  return signatureCandidate({ bytes, annotations: closed(changed) });
}

function attestationFrom(document: unknown): Candidate {
  const changed: { readonly envelope?: unknown } = Object(document);
  return attestationCandidate({ bytes: bytesOf(changed.envelope ?? null), annotations: closed(changed) });
}

describe("a legacy signature", () => {
  const { payload, annotations } = legacySignatureOf(signedImage);
  test("is refused with anything changed", () => {
    const document = { payload: Buffer.from(payload).toString("base64"), ...opened(annotations) };
    const proof = proofOf(signatureFrom(document));
    expect(proof).toMatchObject({ kind: "accepted", proves: "image" });
    const { tried, ...findings } = findingsOf(
      mutationsOf(document),
      signatureFrom,
      [CHAIN, ...CERTIFICATE_ENDS],
      proof,
    );
    expect(tried).toBeGreaterThan(50);
    expect(findings).toStrictEqual({ wrong: [], proven: [] });
  });
});

describe("a legacy attestation", () => {
  const { annotations } = legacyAttestationOf(signedStatement);
  const document = { envelope: signedStatement.envelope, ...opened(annotations) };
  const proof = proofOf(attestationFrom(document));

  test("is refused with anything changed", () => {
    const { tried, ...findings } = findingsOf(
      mutationsOf(document),
      attestationFrom,
      [
        KEY_ID,
        CHAIN,
        ...CERTIFICATE_ENDS,
        {
          path: /^envelope\.signatures\.0$/,
          how: "repeated",
          why: "each signature of an envelope is looked at on its own",
        },
        { path: /^annotations\.predicateType$/, why: "the signed statement says what it is" },
        {
          path: /^annotations\.dev\.cosignproject\.cosign\/signature$/,
          why: "the envelope holds the signature",
        },
      ],
      proof,
    );
    expect(proof).toMatchObject({ said: [{ predicateType: "https://cyclonedx.org/bom" }] });
    expect(tried).toBeGreaterThan(50);
    expect(findings).toStrictEqual({ wrong: [], proven: [] });
  });
});

/** Every fourth place of bytes, the first and the last one among them. */
function placesIn(bytes: Uint8Array): readonly number[] {
  const places = [...bytes.keys()].filter((place) => place % 4 === 0);
  return [...places, bytes.byteLength - 1];
}

describe("bytes", () => {
  const { verifier } = signedImage;
  const certificate = verifier.kind === "certificate" ? verifier.certificate : Buffer.alloc(0);

  test("of a certificate in a log are as the log has them", () => {
    const accepted = placesIn(certificate).filter((place) => {
      const changed = { ...verifier, kind: "certificate", certificate: flipped(certificate, place) } as const;
      return proofOf(legacySignatureOf({ ...signedImage, verifier: changed })) !== undefined;
    });
    expect(certificate.byteLength).toBeGreaterThan(500);
    expect(accepted).toStrictEqual([]);
  });

  const { verifier: signer } = timed;
  const unlogged = stage.policy({ log: "ignore" });
  const proof = proofOf(candidateOf("bundle", timed), unlogged);

  test("of a certificate in no log are as its authority signed them", () => {
    if (signer.kind === "key") throw new Error("a certificate was asked for");
    const { certificate: bytes } = signer;
    expect(proof).toMatchObject({ timeProof: "countersignature" });
    // Its end byte for byte: there stands what is outside of the signed part.
    const places = [...placesIn(bytes), ...[...bytes.keys()].slice(-100)];
    const accepted = places.filter((place) => {
      const changed = { ...signer, certificate: flipped(bytes, place) };
      return proofOf(candidateOf("bundle", { ...timed, verifier: changed }), unlogged) !== undefined;
    });
    expect(accepted).toStrictEqual([]);
  });

  test("of a countersignature say the same or nothing", () => {
    const [token] = timed.timestamps;
    if (token === undefined) throw new Error("a countersignature was asked for");
    const proofs = placesIn(token).map((place) =>
      proofOf(candidateOf("bundle", { ...timed, timestamps: [flipped(token, place)] }), unlogged),
    );
    const accepted = proofs.filter((changed) => changed !== undefined);
    for (const changed of accepted) expect(changed).toStrictEqual(proof);
    // The answer's status, versions and names of algorithms stand around what is signed.
    expect(accepted.length).toBeLessThan(proofs.length / 5);
  });
});
