import { CodedError } from "../../src/errors.ts";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import { parseImageConfig } from "../../src/image/config-parse.ts";
import { type Manifest, parseManifest } from "../../src/image/manifest.ts";
import {
  type ImageId,
  type ImageLine,
  type Repository,
  renderImage,
  parseTag,
  renderLine,
  renderRepository,
  type Tag,
} from "../../src/image/reference.ts";
import type { AnswerSource, Registry, TagAnswer, TagQuestion } from "../../src/ports/registry.ts";
import type { LayersReading } from "../../src/sbom/layers/list.ts";
import type { Candidate, Evidence } from "../../src/trust/evidence.ts";
import type { ListedStatement } from "../../src/trust/listed.ts";
import { createFaults, type Faults } from "./faults.ts";

type Missed = Extract<TagAnswer, { kind: "found" }>["missed"];

/** A registry behind the port: tags that a test moves, manifests and evidence that it puts there. */
export interface FakeRegistry extends Registry, Pick<Faults, "asked" | "fail" | "heal"> {
  /** Lets a tag point at a digest; undefined takes the tag away. */
  point(line: ImageLine, digest: Digest | undefined): void;
  /** Keeps a manifest. Answers with its digest. */
  push(repository: Repository, document: unknown): Digest;
  remove(image: ImageId): void;
  /** Has the next answer about a tag carry this, as a list would. */
  tell(
    line: ImageLine,
    more: { readonly source?: AnswerSource; readonly missed?: NonNullable<Missed> },
  ): void;
  /** What surveys answer as their cursor from now on. */
  readTo(cursor: string): void;
  /** What was asked with each survey, oldest first. */
  readonly surveys: readonly {
    readonly questions: readonly TagQuestion[];
    readonly how: Parameters<Registry["survey"]>[2];
  }[];
  /** Has the config of an image be this document. */
  configure(image: ImageId, document: unknown): void;
  /** Has the config of an image say what it runs on, and nothing else. */
  runOn(image: ImageId, platform: string): void;
  /** Has the layers of an image say this. Until then they have no database of packages. */
  fill(image: ImageId, reading: LayersReading): void;
  /** Replaces what claims to prove something about an image. */
  attach(image: ImageId, evidence: Partial<Evidence>): void;
  /** Has an index list statements about one of its platforms. */
  list(image: ImageId, platform: Digest, statements: readonly ListedStatement[]): void;
}

/** Questions are `resolve LINE`, `manifest IMAGE`, `config IMAGE`, `packages IMAGE`, `evidence IMAGE` and `listed IMAGE PLATFORM`, each in its full form. */
export function createFakeRegistry(): FakeRegistry {
  const { asked, fail, heal, ask } = createFaults();
  const tags = new Map<string, Digest>();
  const manifests = new Map<string, Manifest>();
  const evidence = new Map<string, Evidence>();
  const told = new Map<string, Parameters<FakeRegistry["tell"]>[1]>();
  const listed = new Map<string, readonly ListedStatement[]>();
  const layers = new Map<string, LayersReading>();
  const configs = new Map<string, unknown>();
  const surveys: FakeRegistry["surveys"][number][] = [];
  let cursor: string | undefined;
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
    surveys,
    async survey(repository, questions, how, signal) {
      surveys.push({ questions, how });
      const answers = new Map<Tag, TagAnswer>();
      const read = cursor === undefined ? {} : { cursor };
      for (const { tag } of questions) {
        try {
          const line = { repository, tag };
          const state = await resolve(line, signal);
          const more = { source: "head" as const, ...told.get(renderLine(line)) };
          told.delete(renderLine(line));
          answers.set(tag, state.kind === "found" ? { ...state, ...more } : state);
        } catch (error) {
          if (error instanceof CodedError && error.code === "registry-deferred") {
            return { answers, deferred: error, ...read };
          }
          answers.set(tag, { kind: "failed", error });
        }
      }
      return { answers, ...read };
    },
    tell(line, more) {
      told.set(renderLine(line), more);
    },
    readTo(text) {
      cursor = text;
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
    async tags(repository, signal) {
      ask(`tags ${renderRepository(repository)}`, signal);
      const prefix = `${renderRepository(repository)}:`;
      return [...tags.keys()].flatMap((line) =>
        line.startsWith(prefix) ? [parseTag(line.slice(prefix.length))] : [],
      );
    },
    async manifest(image, signal) {
      ask(`manifest ${renderImage(image)}`, signal);
      const manifest = manifests.get(renderImage(image));
      if (manifest === undefined) {
        throw new CodedError("registry-not-found", `the registry does not have ${renderImage(image)}`);
      }
      return manifest;
    },
    async configOf(image, manifest, signal) {
      ask(`config ${renderImage(image)}`, signal);
      const document = configs.get(renderImage(image)) ?? {};
      return parseImageConfig(Buffer.from(JSON.stringify(document)), manifest.layers);
    },
    configure(image, document) {
      configs.set(renderImage(image), document);
    },
    runOn(image, platform) {
      const [os, architecture, variant] = platform.split("/");
      configs.set(renderImage(image), { os, architecture, variant });
    },
    async packagesIn(image, _manifest, signal) {
      ask(`packages ${renderImage(image)}`, signal);
      return layers.get(renderImage(image)) ?? { kind: "not-read", reason: "its layers have no packages" };
    },
    fill(image, reading) {
      layers.set(renderImage(image), reading);
    },
    list(image, platform, statements) {
      listed.set(`${renderImage(image)} ${platform}`, statements);
    },
    async listedStatements({ image, platform }, signal) {
      ask(`listed ${renderImage(image)} ${platform}`, signal);
      return { statements: listed.get(`${renderImage(image)} ${platform}`) ?? [], skipped: [] };
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
  const source = { ...candidate.source, repository };
  if (candidate.kind !== "signed-manifest") return { ...candidate, source };
  // What signs the manifest hangs beside it.
  const signatures = candidate.signatures.map((each) => ({
    ...each,
    source: { ...each.source, repository },
  }));
  return { ...candidate, source, signatures };
}
