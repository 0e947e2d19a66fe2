import { CodedError, messageOf, quote } from "../../errors.ts";
import { dashedOf } from "../../image/digest.ts";
import { MANIFEST_BYTES_MAX } from "../../image/manifest.ts";
import { type ImageId, parseTag } from "../../image/reference.ts";
import type { ManifestSeen, PlaceSeen } from "../../ports/registry-inspection.ts";
import { type Content, contentTypeOf } from "./content.ts";
import type { Carrier } from "./pieces.ts";
import { INDEX_MEDIA_TYPE, listIn, PREDICATE_TYPE_ANNOTATION } from "./referrers.ts";
import type { Session } from "./session.ts";

const CREATED_ANNOTATION = "org.opencontainers.image.created";
/** Where a bundle's manifest says what kind of statement is in it. */
const BUNDLE_PREDICATE_ANNOTATION = "dev.sigstore.bundle.predicateType";
/** Where cosign's legacy layers say it. */
const LAYER_PREDICATE_ANNOTATION = "predicateType";
/** Statuses by which registries say that they have no list of referrers, or none for this. */
const ABSENT_STATUSES: ReadonlySet<number> = new Set([400, 404, 405, 406]);

export interface PlaceReader {
  readonly session: Session;
  readonly content: Content;
  readonly requestMs: number;
}

type Answer = PlaceSeen["answer"];

/** Asks each place about one digest by itself. */
export async function placesOf(
  reader: PlaceReader,
  image: ImageId,
  signal: AbortSignal,
): Promise<readonly PlaceSeen[]> {
  const tag = dashedOf(image.digest);
  const asked = [
    { place: "referrers-api", answer: orFailed(() => listAnswer(reader, image, signal), signal) },
    { place: "referrers-tag", answer: orFailed(() => tagAnswer(reader, image, tag, signal), signal) },
    { place: "sig-tag", answer: orFailed(() => tagAnswer(reader, image, `${tag}.sig`, signal), signal) },
    { place: "att-tag", answer: orFailed(() => tagAnswer(reader, image, `${tag}.att`, signal), signal) },
    { place: "sbom-tag", answer: orFailed(() => tagAnswer(reader, image, `${tag}.sbom`, signal), signal) },
  ] as const;
  return Promise.all(asked.map(async ({ place, answer }) => ({ place, answer: await answer })));
}

/** What a manifest says of itself, without its content. */
export function seenOf({ place, repository, digest, manifest }: Carrier): ManifestSeen {
  const { subject, annotations = {} } = manifest;
  const artifactType =
    manifest.artifactType ?? (manifest.kind === "image" ? manifest.config.mediaType : undefined);
  const createdAt = annotations[CREATED_ANNOTATION];
  const ofManifest = annotations[PREDICATE_TYPE_ANNOTATION] ?? annotations[BUNDLE_PREDICATE_ANNOTATION];
  return {
    place,
    digest,
    ...(repository === undefined ? {} : { repository }),
    ...(subject === undefined ? {} : { subject: subject.digest }),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(createdAt === undefined ? {} : { createdAt }),
    layers: (manifest.kind === "image" ? manifest.layers : []).map((layer) => {
      const own =
        layer.annotations?.[PREDICATE_TYPE_ANNOTATION] ?? layer.annotations?.[LAYER_PREDICATE_ANNOTATION];
      const predicateType = own ?? ofManifest;
      const { mediaType, size } = layer;
      return {
        mediaType,
        size,
        digest: layer.digest,
        ...(predicateType === undefined ? {} : { predicateType }),
      };
    }),
  };
}

async function listAnswer(
  { session, requestMs }: PlaceReader,
  { repository, digest }: ImageId,
  signal: AbortSignal,
): Promise<Answer> {
  const subject = { repository, operation: "referrers", asked: `referrers of ${digest}` } as const;
  const at = `referrers/${digest}`;
  const question = { method: "GET", subject, at, accept: [INDEX_MEDIA_TYPE], deadlineMs: requestMs } as const;
  return session.ask<Answer>(question, signal, async (answer, fail) => {
    const { status } = answer;
    if (ABSENT_STATUSES.has(status)) {
      await answer.discard();
      return { kind: "absent", status };
    }
    if (status !== 200) return fail();
    const type = contentTypeOf(answer, subject);
    if (type !== INDEX_MEDIA_TYPE) {
      await answer.discard();
      return {
        kind: "strange",
        detail: `200 with ${type === undefined ? "no type" : `type ${quote(type)}`}`,
      };
    }
    const list = listIn(await answer.bytes(MANIFEST_BYTES_MAX));
    if (list === undefined) return { kind: "strange", detail: "200 with something that is no index" };
    const count = list.referrers.length;
    const isCut = answer.headers["link"] !== undefined;
    return count === 0 && !isCut ? { kind: "empty" } : { kind: "listed", count, isCut };
  });
}

async function tagAnswer(
  { content }: PlaceReader,
  { repository }: ImageId,
  tag: string,
  signal: AbortSignal,
): Promise<Answer> {
  const state = await content.resolve({ repository, tag: parseTag(tag) }, signal);
  return state.kind === "found" ? { kind: "tagged", digest: state.digest } : { kind: "absent", status: 404 };
}

async function orFailed(ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  try {
    return await ask();
  } catch (thrown) {
    if (signal.aborted || !(thrown instanceof CodedError)) throw thrown;
    return { kind: "failed", code: thrown.code, message: messageOf(thrown) };
  }
}
