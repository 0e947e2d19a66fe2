import { describe, expect, test } from "vitest";
import { registryPlacesOf } from "../../../src/cli/doctor/places.ts";
import { parseRepositoryPrefix } from "../../../src/image/mirror.ts";
import { parseRepository, parseTag, renderRepository } from "../../../src/image/reference.ts";
import { parseImagePattern } from "../../../src/vendor/pattern.ts";

const NOTHING = { images: [], registries: new Map(), mirrors: [] };
const access = { plainHttp: false, allowPrivate: false };
const hardened = parseRepository("bellsoft/hardened-base");
const line = { repository: hardened, tag: parseTag("musl") };

describe("registries that the doctor looks at", () => {
  test.each([
    { title: "nothing", config: NOTHING, watched: [], places: [] },
    {
      title: "what images are claimed at, the pattern filled in",
      config: { ...NOTHING, images: [parseImagePattern("ghcr.io/acme/hardened-*")] },
      watched: [],
      places: ["ghcr.io/acme/hardened-any"],
    },
    {
      title: "hosts with an entry",
      config: { ...NOTHING, registries: new Map([["registry.acme.internal:5000", access]]) },
      watched: [],
      places: ["registry.acme.internal:5000/hullkeeper/any"],
    },
    {
      title: "no host for the end of hosts",
      config: { ...NOTHING, registries: new Map([["*.dkr.ecr.eu-central-1.amazonaws.com", access]]) },
      watched: [],
      places: [],
    },
    {
      title: "a mirror and its origin",
      config: {
        ...NOTHING,
        mirrors: [
          {
            prefix: parseRepositoryPrefix("harbor.acme.internal/hub"),
            origin: parseRepositoryPrefix("docker.io"),
          },
        ],
      },
      watched: [],
      places: ["docker.io/hullkeeper/any", "harbor.acme.internal/hullkeeper/any"],
    },
    {
      title: "each once, a watched line before everything else",
      config: {
        ...NOTHING,
        images: [parseImagePattern("bellsoft/hardened-*"), parseImagePattern("bellsoft/other")],
        registries: new Map([["docker.io", access]]),
      },
      watched: [line],
      places: ["docker.io/bellsoft/hardened-base"],
    },
  ])("$title", ({ config, watched, places }) => {
    const found = registryPlacesOf(config, watched);
    expect(found.map(({ repository }) => renderRepository(repository))).toEqual(places);
  });

  test("only a line that is watched is asked about", () => {
    const images = [parseImagePattern("ghcr.io/acme/base")];
    expect(registryPlacesOf({ ...NOTHING, images }, [line])).toEqual([
      { repository: hardened, line },
      { repository: parseRepository("ghcr.io/acme/base") },
    ]);
  });
});
