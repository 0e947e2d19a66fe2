import { z } from "zod";
import {
  hostOfUrl,
  ignored,
  isDigestLike,
  isSameHost,
  noticesOf,
  type PushReading,
  type PushScope,
  refused,
} from "./reading.ts";

const schema = z.object({
  action: z.string(),
  package: z.object({
    type: z.string(),
    name: z.string(),
    version: z.string(),
    owner: z.object({ login: z.string().optional(), username: z.string().optional() }),
    html_url: z.string().optional(),
  }),
});

/**
 * Packages of Gitea and Forgejo: an image's version is its tag, or the digest of one of its parts.
 *
 * @see https://docs.gitea.com/usage/webhooks
 */
export function readGitea(payload: unknown, { headers, registry }: PushScope): PushReading {
  if (registry === undefined) return refused("registry-missing");
  const event = headers.get("x-gitea-event") ?? headers.get("x-forgejo-event");
  if (event === null) return refused("malformed");
  if (event !== "package") return ignored("other-event");
  const { success, data } = schema.safeParse(payload);
  if (!success) return refused("malformed");
  if (data.action !== "created") return ignored("other-event");

  const { type, name, version, owner, html_url: page } = data.package;
  if (type !== "container") return ignored("other-artifact");
  const claimed = page === undefined || page === "" ? registry : hostOfUrl(page);
  if (claimed === undefined || !isSameHost(claimed, registry)) return ignored("other-registry");
  const login = owner.login ?? owner.username;
  if (login === undefined) return refused("malformed");
  if (isDigestLike(version)) return ignored("untagged");
  return noticesOf([{ registry, path: `${login.toLowerCase()}/${name}`, tag: version }]);
}
