import { dashedOf, type Digest } from "../../image/digest.ts";
import { type Manifest, MANIFEST_BYTES_MAX } from "../../image/manifest.ts";
import { type ImageId, parseTag, renderImage, type Repository } from "../../image/reference.ts";
import type { SkippedEvidence } from "../../trust/evidence.ts";
import type { Content } from "./content.ts";
import { type Finding, orSkip, type Place, skip } from "./finding.ts";
import { likelyFirst } from "./likely.ts";
import type { Turns } from "./parallel.ts";
import type { Carrier } from "./pieces.ts";
import type { Referrer, Referrers } from "./referrers.ts";

export interface CarriersOptions {
  readonly content: Content;
  readonly referrers: Referrers;
  readonly turn: Turns;
  readonly signal: AbortSignal;
}

/** How much of a list of referrers is read. */
export interface Reach {
  /** Referrers that are fetched at most, the likely ones first. */
  readonly referrersMax: number;
  /** Absent: as many as of any list. */
  readonly pagesMax?: number;
}

/** A manifest about which evidence is looked for, and where. */
export interface Site extends ImageId {
  /** Whether that is another repository than the image's own. */
  readonly isElsewhere: boolean;
}

/** Where what hangs on a manifest is looked for. */
export type SearchedPlace = Exclude<Place, "index">;

/** Finds the manifests that may carry evidence. Each is fetched once, however often it is come upon; tags and lists are asked each time. */
export class Carriers {
  readonly #options: CarriersOptions;
  readonly #manifests = new Map<string, Promise<Manifest>>();

  constructor(options: CarriersOptions) {
    this.#options = options;
  }

  /** What hangs on a manifest, in the order of the places. */
  async of(site: Site, places: readonly SearchedPlace[], reach: Reach): Promise<readonly Finding<Carrier>[]> {
    const found = await Promise.all(
      places.map((place) =>
        place === "referrer" ? this.#referring(site, reach) : this.#tagged(site, place),
      ),
    );
    return found.flat();
  }

  #tagged(site: Site, place: "sig-tag" | "att-tag"): Promise<readonly Finding<Carrier>[]> {
    const { content, turn, signal } = this.#options;
    const tag = parseTag(`${dashedOf(site.digest)}.${place === "sig-tag" ? "sig" : "att"}`);
    return turn(() =>
      orSkip(place, tag, async () => {
        const tagged = await content.taggedManifest(site.repository, tag, signal);
        if (tagged === undefined) return [];
        this.#manifests.set(
          renderImage({ ...site, digest: tagged.digest }),
          Promise.resolve(tagged.manifest),
        );
        return [{ kind: "found", found: { place, ...whereOf(site), ...tagged } }];
      }),
    );
  }

  async #referring(site: Site, { referrersMax, pagesMax }: Reach): Promise<readonly Finding<Carrier>[]> {
    const { referrers, turn, signal } = this.#options;
    const list = await turn(() => referrers.of(site, signal, pagesMax));
    const skipped: SkippedEvidence[] = [...list.skipped];
    const likely = likelyFirst(list.referrers);
    const beyond = likely.length - referrersMax;
    if (beyond > 0)
      skipped.push({ place: "referrer", reason: "too-many", detail: `${beyond} more referrers` });
    const found = await Promise.all(
      likely.slice(0, referrersMax).map((referrer) => this.#referrer(site, referrer)),
    );
    return [...skipped.map((entry) => ({ kind: "skipped", skipped: entry }) as const), ...found.flat()];
  }

  #referrer(site: Site, { digest, size }: Referrer): Promise<readonly Finding<Carrier>[]> {
    const place = "referrer";
    return this.#options.turn(() =>
      orSkip<Carrier>(place, digest, async () => {
        if (size > MANIFEST_BYTES_MAX) return [skip(place, "too-large", digest)];
        const manifest = await this.#manifest(site.repository, digest);
        // A list can name anything: only the manifest itself says what it is about.
        if (manifest.subject?.digest !== site.digest) return [skip(place, "other-subject", digest)];
        return [{ kind: "found", found: { place, ...whereOf(site), digest, manifest } }];
      }),
    );
  }

  #manifest(repository: Repository, digest: Digest): Promise<Manifest> {
    const { content, signal } = this.#options;
    const id = renderImage({ repository, digest });
    const known = this.#manifests.get(id);
    if (known !== undefined) return known;
    const fetched = content.manifest({ repository, digest }, "evidence", signal);
    this.#manifests.set(id, fetched);
    return fetched;
  }
}

function whereOf({ repository, isElsewhere }: Site): Pick<Carrier, "repository"> {
  return isElsewhere ? { repository } : {};
}
