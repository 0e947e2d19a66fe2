import { expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { disappearedFrom } from "../../src/trust/disappearance.ts";
import type { CandidateResult } from "../../src/trust/verdict.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";
const PROVENANCE = "https://slsa.dev/provenance";
const some = digestOf(Buffer.from("some"));

function accepted(
  proves: "image" | "statement",
  predicateType?: string,
  kind: CandidateResult["kind"] = "cosign-attestation",
): CandidateResult {
  return {
    kind,
    source: { place: kind === "sigstore-bundle" ? "referrer" : "att-tag", manifest: some, layer: some },
    outcome: {
      kind: "accepted",
      signer: { kind: "key", fingerprint: "f".repeat(64), name: "Vendor" },
      groups: ["vendor"],
      proves,
    },
    ...(predicateType === undefined ? {} : { predicateType }),
  };
}

const refused: CandidateResult = {
  ...accepted("statement", CYCLONEDX),
  outcome: { kind: "refused", refusal: "signature-key-unknown", detail: "" },
};

test.each<{ title: string; before: CandidateResult[]; now: CandidateResult[]; gone: string[] }>([
  { title: "nothing was there", before: [], now: [], gone: [] },
  { title: "all is there", before: [accepted("image")], now: [accepted("image")], gone: [] },
  { title: "more is there", before: [], now: [accepted("image")], gone: [] },
  { title: "the signature is gone", before: [accepted("image")], now: [], gone: ["its signature"] },
  {
    title: "one of two signatures is gone",
    before: [accepted("image"), accepted("image", undefined, "sigstore-bundle")],
    now: [accepted("image")],
    gone: [],
  },
  {
    title: "the layout changed",
    before: [accepted("image"), accepted("statement", CYCLONEDX)],
    now: [
      accepted("image", undefined, "sigstore-bundle"),
      accepted("statement", CYCLONEDX, "sigstore-bundle"),
    ],
    gone: [],
  },
  {
    title: "a predicate type has a newer version",
    before: [accepted("statement", CYCLONEDX), accepted("statement", `${PROVENANCE}/v0.2`)],
    now: [accepted("statement", `${CYCLONEDX}/v1.6`), accepted("statement", `${PROVENANCE}/v1`)],
    gone: [],
  },
  {
    title: "a statement is there and proves nothing any more",
    before: [accepted("statement", CYCLONEDX)],
    now: [refused],
    gone: [`the statement ${CYCLONEDX}`],
  },
  { title: "what was refused before is gone", before: [refused], now: [], gone: [] },
  {
    title: "everything is gone",
    before: [accepted("statement", `${PROVENANCE}/v1`), accepted("image"), accepted("statement", CYCLONEDX)],
    now: [],
    gone: ["its signature", `the statement ${CYCLONEDX}`, `the statement ${PROVENANCE}`],
  },
])("$title", ({ before, now, gone }) => {
  expect(disappearedFrom(before, now)).toEqual(gone);
});
