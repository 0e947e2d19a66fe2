import { InvalidInputError } from "../errors.ts";
import { isTag, parseRepository, renderRepository, type Repository, type Tag } from "../image/reference.ts";
import type { PushHeaders } from "./proof.ts";

/**
 * A registry says that something was pushed: where, and under which tag. What it says about digests is dropped where it is read, so
 * that nothing but the registry itself ever says where a tag points.
 */
export interface PushNotice {
  readonly repository: Repository;
  /** Absent when the payload does not say it: any tag of the repository may have moved. */
  readonly tag?: Tag;
}

/** Why a call that is as it should be changes nothing. */
export type IgnoredReason =
  /** Another event than a push: a ping, a pull, a deletion. */
  | "other-event"
  /** A push of something that no tag of an image points to: a blob, a chart, a package. */
  | "other-artifact"
  /** It names another host than the hook is for. */
  | "other-registry"
  /** A push by digest: no tag moved. */
  | "untagged";

/** Why a call cannot be read. */
export type RefusedReason = "not-json" | "malformed" | "name-invalid" | "registry-missing";

/** What a call says. */
export type PushReading =
  /** At least one, at most {@link NOTICES_MAX}, no two equal. */
  | { readonly kind: "notices"; readonly notices: readonly PushNotice[] }
  | { readonly kind: "ignored"; readonly reason: IgnoredReason }
  | { readonly kind: "refused"; readonly reason: RefusedReason };

/** What a payload is read in the light of. */
export interface PushScope {
  readonly headers: PushHeaders;
  /** Host that the hook is for, if it is for one. */
  readonly registry: string | undefined;
}

/** Reads the payload of one provider. Throws at nothing. */
export type PayloadReader = (payload: unknown, scope: PushScope) => PushReading;

/** Notices that one call may give; polling finds what is above. */
export const NOTICES_MAX = 100;

/** A repository and a tag as a payload writes them. */
export interface Pushed {
  readonly registry: string;
  readonly path: string;
  readonly tag: string | undefined;
}

/** What was pushed, as notices; refused when one of them has a name that no registry could have. */
export function noticesOf(pushed: readonly Pushed[]): PushReading {
  const notices = new Map<string, PushNotice>();
  for (const one of pushed) {
    const notice = noticeOf(one);
    if (notice === undefined) return refused("name-invalid");
    const key = `${renderRepository(notice.repository)}:${notice.tag ?? ""}`;
    if (notices.size < NOTICES_MAX) notices.set(key, notice);
  }
  return { kind: "notices", notices: [...notices.values()] };
}

/** One push as a notice; undefined when the name is not valid. A digest in the tag's place is no tag. */
export function noticeOf({ registry, path, tag }: Pushed): PushNotice | undefined {
  try {
    const repository = parseRepository(`${registry}/${path}`);
    if (repository.registry !== registry) return undefined;
    if (tag === undefined || isDigestLike(tag)) return { repository };
    return isTag(tag) ? { repository, tag } : undefined;
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return undefined;
    throw thrown;
  }
}

/** Whether a text in a tag's place is empty or a digest: then the push was by digest. */
export function isDigestLike(tag: string): boolean {
  return tag === "" || /^[a-z0-9]+:[0-9a-f]+$/i.test(tag);
}

/** Whether a payload's own word for its host is the configured one; the usual ports may be left out. */
export function isSameHost(claimed: string, registry: string): boolean {
  return bareHostOf(claimed) === bareHostOf(registry);
}

/** The host of a URL, or undefined for what is none. */
export function hostOfUrl(text: string): string | undefined {
  return URL.parse(text)?.host;
}

export function ignored(reason: IgnoredReason): PushReading {
  return { kind: "ignored", reason };
}

export function refused(reason: RefusedReason): PushReading {
  return { kind: "refused", reason };
}

function bareHostOf(host: string): string {
  return host.toLowerCase().replace(/:(?:443|80)$/, "");
}
