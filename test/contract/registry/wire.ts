import { type IncomingHttpHeaders, request } from "node:http";
import { request as secureRequest } from "node:https";
import { describe, expect, test } from "vitest";
import { parseDigest } from "../../../src/image/digest.ts";
import { MANIFEST_MEDIA_TYPES } from "../../../src/image/manifest.ts";
import { IMAGE, INDEX, type Peer, type Stage } from "./stage.ts";

const NOWHERE = parseDigest(`sha256:${"0".repeat(64)}`);

/** What answers look like, for what our client cannot show: it asks more carefully than others do. */
export function describeWire(stage: Stage, referrers: "api" | "none"): void {
  describe("on the wire", () => {
    test.each(["GET", "HEAD"] as const)("%s of a manifest tells type, digest and length", async (method) => {
      const { digest, size } = await stage.pushImage("wire/manifest", "latest");
      for (const reference of ["latest", digest]) {
        expect(await call(stage.peer, method, `/v2/wire/manifest/manifests/${reference}`)).toMatchObject({
          status: 200,
          headers: {
            "content-type": IMAGE,
            "docker-content-digest": digest,
            "content-length": String(size),
            etag: `"${digest}"`,
          },
        });
      }
    });

    test("a type that is not accepted is 404, not 406", async () => {
      const { digest } = await stage.pushImage("wire/accept", "latest");
      const headers = { accept: INDEX };
      expect(await call(stage.peer, "GET", `/v2/wire/accept/manifests/${digest}`, headers)).toMatchObject({
        status: 404,
        text: expect.stringContaining("MANIFEST_UNKNOWN"),
      });
    });

    test("an unchanged manifest is 304 and says nothing else", async () => {
      const { digest } = await stage.pushImage("wire/etag", "latest");
      const headers = { accept: IMAGE, "if-none-match": `"${digest}"` };
      const answer = await call(stage.peer, "HEAD", "/v2/wire/etag/manifests/latest", headers);
      expect(answer.status).toBe(304);
      expect(answer.headers).not.toHaveProperty("docker-content-digest");
    });

    test.each([
      { path: "/v2/wire/none/manifests/latest", code: "MANIFEST_UNKNOWN" },
      { path: `/v2/wire/none/blobs/${NOWHERE}`, code: "BLOB_UNKNOWN" },
      { path: "/v2/wire/never/tags/list", code: "NAME_UNKNOWN" },
    ])("$path is 404 with $code", async ({ path, code }) => {
      await stage.pushImage("wire/none", "other");
      expect(await call(stage.peer, "GET", path)).toMatchObject({
        status: 404,
        headers: { "content-type": expect.stringContaining("application/json") },
        text: expect.stringContaining(code),
      });
    });

    test("a path with dot segments is sent elsewhere", async () => {
      expect(await call(stage.peer, "GET", "/v2/wire/x/../y/manifests/latest")).toMatchObject({
        status: 301,
        headers: { location: "/v2/wire/y/manifests/latest" },
      });
    });

    test("tags are listed", async () => {
      await stage.pushImage("wire/tags", "a");
      await stage.pushImage("wire/tags", "b");
      const { text } = await call(stage.peer, "GET", "/v2/wire/tags/tags/list");
      const { name, tags } = JSON.parse(text) as { name: string; tags: string[] };
      expect({ name, tags: tags.toSorted() }).toEqual({ name: "wire/tags", tags: ["a", "b"] });
    });

    test("a blob comes as it was sent", async () => {
      const { digest } = await stage.pushText("wire/blob", "text/plain", "some bytes");
      expect(await call(stage.peer, "GET", `/v2/wire/blob/blobs/${digest}`)).toMatchObject({
        status: 200,
        headers: { "docker-content-digest": digest, "content-length": "10" },
        text: "some bytes",
      });
    });

    test.runIf(referrers === "none")("the referrers API is a bare 404", async () => {
      const { digest } = await stage.pushImage("wire/referrers", "latest");
      expect(await call(stage.peer, "GET", `/v2/wire/referrers/referrers/${digest}`)).toMatchObject({
        status: 404,
        text: "404 page not found\n",
      });
    });
  });
}

interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends a path as it is: a URL would be normalised first. */
function call(
  { host, ca, user }: Peer,
  method: "GET" | "HEAD",
  path: string,
  headers: Readonly<Record<string, string>> = { accept: MANIFEST_MEDIA_TYPES.join(", ") },
): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const [hostname, port] = host.split(":");
  const auth = user === undefined ? undefined : `${user.username}:${user.password}`;
  const options = { hostname, port, path, method, headers, auth, ca };
  (ca === undefined ? request : secureRequest)(options, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (piece: string) => {
      text += piece;
    });
    response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
  })
    .on("error", reject)
    .end();
  return promise;
}
