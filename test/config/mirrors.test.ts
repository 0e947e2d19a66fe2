import { describe, expect, test } from "vitest";
import { renderPrefix } from "../../src/image/mirror.ts";
import { faultsOf, load } from "./folder.ts";

const A = "a.acme.example";
const B = "b.acme.example";
const pathAt = (host: string, rest: string) => `registries."${host}".${rest}`;

describe("refuses", () => {
  test.each([
    {
      title: "a mirror of itself",
      registries: { [A]: { mirrorOf: A } },
      faults: [[pathAt(A, "mirrorOf"), `${A} is a mirror of itself`]],
    },
    {
      title: "a mirror of its own part",
      registries: { [A]: { mirrorOf: `${A}/docker` } },
      faults: [[pathAt(A, "mirrorOf"), "is a mirror of itself"]],
    },
    {
      title: "a part that is a mirror of its whole",
      registries: { [A]: { mirrors: { docker: A } } },
      faults: [[pathAt(A, "mirrors.docker"), "is a mirror of itself"]],
    },
    {
      title: "Docker Hub as a mirror of itself by another name",
      registries: { "docker.io": { mirrorOf: "registry-1.docker.io" } },
      faults: [[pathAt("docker.io", "mirrorOf"), "is a mirror of itself"]],
    },
    {
      title: "two mirrors of each other",
      registries: { [A]: { mirrorOf: B }, [B]: { mirrorOf: A } },
      faults: [
        [pathAt(A, "mirrorOf"), "which leads back to it"],
        [pathAt(B, "mirrorOf"), "which leads back to it"],
      ],
    },
    {
      title: "a circle through parts, and names those in it alone",
      registries: {
        [A]: { mirrors: { x: `${B}/y` } },
        [B]: { mirrorOf: `${A}/x/z` },
        "c.example": { mirrorOf: A },
      },
      faults: [
        [pathAt(A, "mirrors.x"), "which leads back to it"],
        [pathAt(B, "mirrorOf"), "which leads back to it"],
      ],
    },
    {
      title: "two mirrors for one prefix",
      registries: { [A]: { mirrors: { docker: "docker.io", "docker/": "quay.io" } } },
      faults: [
        [
          pathAt(A, 'mirrors."docker/"'),
          `${A}/docker is a mirror of docker.io already (${pathAt(A, "mirrors.docker")})`,
        ],
      ],
    },
    {
      title: "all hosts that end alike as a mirror",
      registries: { "*.acme.example": { mirrorOf: "docker.io" } },
      faults: [[pathAt("*.acme.example", "mirrorOf"), "give it an entry of its own"]],
    },
    {
      title: "a mirror of no host",
      registries: { [A]: { mirrorOf: "bellsoft" } },
      faults: [[pathAt(A, "mirrorOf"), "must begin with a registry's host"]],
    },
    {
      title: "a mirror of an address of the web",
      registries: { [A]: { mirrorOf: "https://docker.io" } },
      faults: [[pathAt(A, "mirrorOf"), "not an image reference"]],
    },
    {
      title: "a mirror of a pattern",
      registries: { [A]: { mirrorOf: "docker.io/bellsoft/*" } },
      faults: [[pathAt(A, "mirrorOf"), "not an image reference"]],
    },
    {
      title: "a path that is the whole host",
      registries: { [A]: { mirrors: { "/": "docker.io" } } },
      faults: [[pathAt(A, 'mirrors."/"'), "for the whole host there is mirrorOf"]],
    },
    {
      title: "a path in upper case",
      registries: { [A]: { mirrors: { Docker: "docker.io" } } },
      faults: [[pathAt(A, "mirrors.Docker"), "must be the first components of a path"]],
    },
    {
      title: "a path that leads up",
      registries: { [A]: { mirrors: { "x/..": "docker.io" } } },
      faults: [[pathAt(A, 'mirrors."x/.."'), "must be the first components of a path"]],
    },
    {
      title: "a mirror at a private address that is not allowed",
      registries: { "10.0.0.1:5000": { mirrorOf: "docker.io" } },
      faults: [[pathAt("10.0.0.1:5000", "mirrorOf"), "allowPrivate: true"]],
    },
    {
      title: "a mirror of a private address that is not allowed",
      registries: { [A]: { mirrorOf: "localhost:5000" } },
      faults: [[pathAt(A, "mirrorOf"), 'allow it with registries."localhost:5000".allowPrivate: true']],
    },
  ])("$title", async ({ registries, faults }) => {
    expect(await faultsOf({ sections: { registries } })).toEqual(
      faults.map(([path, reason]) => ({ path, reason: expect.stringContaining(reason ?? "") })),
    );
  });
});

test("carries the mirrors of all hosts", async () => {
  const { mirrors, warnings } = await load({
    sections: {
      registries: {
        [A]: { mirrorOf: "docker.io" },
        [B]: {
          mirrors: {
            "proxies/ghcr/": "ghcr.io/bell-sw/",
            base: "docker.io/bellsoft/hardened-base",
            more: `${A}/x`,
          },
        },
      },
    },
  });
  expect(mirrors.map(({ prefix, origin }) => [renderPrefix(prefix), renderPrefix(origin)])).toEqual([
    [A, "docker.io"],
    [`${B}/proxies/ghcr`, "ghcr.io/bell-sw"],
    [`${B}/base`, "docker.io/bellsoft/hardened-base"],
    [`${B}/more`, `${A}/x`],
  ]);
  expect(warnings).toEqual([]);
});

test.each([
  { title: "of a registry", origin: "registry.example.org" },
  { title: "of another path", origin: "ghcr.io/acme" },
  { title: "of an image that is not hardened", origin: "docker.io/bellsoft/liberica" },
  { title: "of something below an image", origin: "docker.io/bellsoft/hardened-base/more" },
])("warns of a mirror $title without an image that a profile claims", async ({ origin }) => {
  const { warnings } = await load({ sections: { registries: { [A]: { mirrorOf: origin } } } });
  expect(warnings).toEqual([`registries."${A}".mirrorOf: no profile claims an image of ${origin}`]);
});

describe("places of evidence", () => {
  const IMAGES = "bellsoft/hardened-*";
  test.each([
    {
      title: "for images that are not the vendor's",
      place: { images: "docker.io/bellsoft/liberica", at: "quay.io/x" },
      rest: ".images",
      reason: "is no image of bellsoft",
    },
    {
      title: "with two *",
      place: { images: "docker.io/*/hardened-*", at: "quay.io/x" },
      rest: ".images",
      reason: "holds more than one *",
    },
    {
      title: "with two * of its own",
      place: { images: IMAGES, at: "quay.io/*/*" },
      rest: ".at",
      reason: "holds more than one *",
    },
    {
      title: "with a * that stands for nothing",
      place: { images: "bellsoft/hardened-base", at: "quay.io/*" },
      rest: ".at",
      reason: "holds a * that images has not",
    },
    {
      title: "where the images are",
      place: { images: IMAGES, at: `docker.io/${IMAGES}` },
      rest: ".at",
      reason: "is where the images are",
    },
    {
      title: "with a tag",
      place: { images: IMAGES, at: "quay.io/x:latest" },
      rest: ".at",
      reason: "without tag",
    },
    {
      title: "at a private address",
      place: { images: IMAGES, at: "127.0.0.1:5000/*" },
      rest: ".at",
      reason: "allowPrivate: true",
    },
    { title: "without a place", place: { images: IMAGES }, rest: ".at", reason: "is missing" },
    {
      title: "with more",
      place: { images: IMAGES, at: "quay.io/x", kind: "scout" },
      rest: ".kind",
      reason: "unknown key; known here: images, at",
    },
  ])("refuses one $title", async ({ place, rest, reason }) => {
    const vendors = { bellsoft: { keys: [{ file: "key.pub" }], evidence: [place] } };
    expect(await faultsOf({ sections: { vendors } })).toEqual([
      { path: `vendors.bellsoft.evidence[0]${rest}`, reason: expect.stringContaining(reason) },
    ]);
  });

  test("refuses one of a subscription for other images", async () => {
    const subscriptions = [
      {
        image: "ghcr.io/acme/base",
        keys: [{ file: "key.pub" }],
        evidence: [
          { images: "ghcr.io/acme/*", at: "quay.io/*" },
          { images: "ghcr.io/other/*", at: "quay.io/*" },
        ],
      },
    ];
    expect(await faultsOf({ sections: { subscriptions } })).toEqual([
      {
        path: "subscriptions[0].evidence[1].images",
        reason: expect.stringContaining("is no image of acme-base"),
      },
    ]);
  });
});
