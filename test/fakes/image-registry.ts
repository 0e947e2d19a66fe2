import { CodedError } from "../../src/errors.ts";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import { type Manifest, parseManifest } from "../../src/image/manifest.ts";
import {
  type ImageId,
  type ImageLine,
  type Repository,
  renderImage,
  renderLine,
  type Tag,
} from "../../src/image/reference.ts";
import type { Registry, TagAnswer } from "../../src/ports/registry.ts";
import type { Candidate, Evidence } from "../../src/trust/evidence.ts";
import { createFaults, type Faults } from "./faults.ts";

/** A registry behind the port: tags that a test moves, manifests and evidence that it puts there. */
export interface FakeRegistry extends Registry, Pick<Faults, "asked" | "fail" | "heal"> {
  /** Lets a tag point at a digest; undefined takes the tag away. */
  point(line: ImageLine, digest: Digest | undefined): void;
  /** Keeps a manifest. Answers with its digest. */
  push(repository: Repository, document: unknown): Digest;
  remove(image: ImageId): void;
  /** Replaces what claims to prove something about an image. */
  attach(image: ImageId, evidence: Partial<Evidence>): void;
}

/** Questions are `resolve LINE`, `manifest IMAGE` and `evidence IMAGE`, each in its full form. */
export function createFakeRegistry(): FakeRegistry {
  const { asked, fail, heal, ask } = createFaults();
  const tags = new Map<string, Digest>();
  const manifests = new Map<string, Manifest>();
  const evidence = new Map<string, Evidence>();
  const resolve: Registry["resolve"] = async (line, signal) => {
    ask(`resolve ${renderLine(line)}`, signal);
    const digest = tags.get(renderLine(line));
    return digest === undefined ? { kind: "missing" } : { kind: "found", digest };
  };
  return {
    asked,
    fail,
    heal,
    resolve,
    async survey(repository, questions, _how, signal) {
      const answers = new Map<Tag, TagAnswer>();
      for (const { tag } of questions) {
        try {
          const state = await resolve({ repository, tag }, signal);
          answers.set(tag, state.kind === "found" ? { ...state, source: "head" } : state);
        } catch (error) {
          if (error instanceof CodedError && error.code === "registry-deferred") {
            return { answers, deferred: error };
          }
          answers.set(tag, { kind: "failed", error });
        }
      }
      return { answers };
    },
    point(line, digest) {
      if (digest === undefined) tags.delete(renderLine(line));
      else tags.set(renderLine(line), digest);
    },
    push(repository, document) {
      const bytes = Buffer.from(JSON.stringify(document));
      const digest = digestOf(bytes);
      manifests.set(renderImage({ repository, digest }), parseManifest(bytes, undefined));
      return digest;
    },
    remove(image) {
      manifests.delete(renderImage(image));
    },
    attach(image, { candidates = [], skipped = [] }) {
      evidence.set(renderImage(image), { digest: image.digest, candidates, skipped });
    },
    async manifest(image, signal) {
      ask(`manifest ${renderImage(image)}`, signal);
      const manifest = manifests.get(renderImage(image));
      if (manifest === undefined) {
        throw new CodedError("registry-not-found", `the registry does not have ${renderImage(image)}`);
      }
      return manifest;
    },
    async evidenceOf({ repository: own, digest }, signal, also = []) {
      const found = [own, ...also].map((repository) => {
        ask(`evidence ${renderImage({ repository, digest })}`, signal);
        const { candidates = [], skipped = [] } = evidence.get(renderImage({ repository, digest })) ?? {};
        return {
          candidates: repository === own ? candidates : candidates.map((each) => hungIn(repository, each)),
          skipped,
        };
      });
      return {
        digest,
        candidates: found.flatMap(({ candidates }) => candidates),
        skipped: found.flatMap(({ skipped }) => skipped),
      };
    },
  };
}

function hungIn(repository: Repository, candidate: Candidate): Candidate {
  return { ...candidate, source: { ...candidate.source, repository } };
}
