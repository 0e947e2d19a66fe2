import { describe, expect, test } from "vitest";
import { parseRepository, renderRepository } from "../../src/image/reference.ts";
import { evidencePlacesOf } from "../../src/vendor/evidence-place.ts";
import { parseImagePattern } from "../../src/vendor/pattern.ts";

function placesOf(name: string, ...places: readonly (readonly [images: string, at: string])[]) {
  const parsed = places.map(([images, at]) => ({
    images: parseImagePattern(images),
    at: parseImagePattern(at),
  }));
  return evidencePlacesOf(parsed, parseRepository(name)).map(renderRepository);
}

describe("places of evidence", () => {
  test.each([
    {
      title: "carry over what * stands for",
      name: "dhi.io/node",
      images: "dhi.io/*",
      at: "s.example/docker/dhi-*",
      found: "s.example/docker/dhi-node",
    },
    {
      title: "carry over the middle of a name",
      name: "docker.io/acme/dhi-node-x",
      images: "docker.io/acme/dhi-*-x",
      at: "s.example/*/e",
      found: "s.example/node/e",
    },
    {
      title: "carry over nothing",
      name: "docker.io/acme/dhi",
      images: "docker.io/acme/dhi*",
      at: "s.example/dhi*",
      found: "s.example/dhi",
    },
    {
      title: "are one for all images",
      name: "ghcr.io/acme/base",
      images: "ghcr.io/acme/*",
      at: "ghcr.io/acme/signatures",
      found: "ghcr.io/acme/signatures",
    },
    {
      title: "are of one image",
      name: "ghcr.io/acme/base",
      images: "ghcr.io/acme/base",
      at: "ghcr.io/acme/signatures",
      found: "ghcr.io/acme/signatures",
    },
    {
      title: "keep what looks like a replacement",
      name: "ghcr.io/acme/a",
      images: "ghcr.io/acme/*",
      at: "s.example/x-*",
      found: "s.example/x-a",
    },
  ])("$title", ({ name, images, at, found }) => {
    expect(placesOf(name, [images, at])).toEqual([found]);
  });

  test.each([
    { title: "of another registry", name: "dhi.io.example.com/node", images: "dhi.io/*", at: "s.example/*" },
    { title: "of a deeper path", name: "dhi.io/acme/node", images: "dhi.io/*", at: "s.example/*" },
    { title: "of a longer name", name: "dhi.io/node-x", images: "dhi.io/node", at: "s.example/node" },
    {
      title: "whose name would not be one",
      name: "docker.io/acme/dhi",
      images: "docker.io/acme/dhi*",
      at: "s.example/dhi-*",
    },
    {
      title: "that are the image's own",
      name: "docker.io/acme/dhi",
      images: "docker.io/acme/*",
      at: "docker.io/acme/*",
    },
  ])("are none $title", ({ name, images, at }) => {
    expect(placesOf(name, [images, at])).toEqual([]);
  });

  test("are all that are said, each once, in order", () => {
    const places = [
      ["dhi.io/*", "b.example/*"],
      ["dhi.io/n*", "a.example/n*"],
      ["dhi.io/node", "b.example/node"],
    ] as const;
    expect(placesOf("dhi.io/node", ...places)).toEqual(["b.example/node", "a.example/node"]);
  });
});
