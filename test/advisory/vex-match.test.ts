import { describe, expect, test } from "vitest";
import type { ImageSystem } from "../../src/advisory/ecosystem.ts";
import type { VexProduct, VexStatement } from "../../src/advisory/vex.ts";
import { type ImageNames, vexJudgeOf } from "../../src/advisory/vex-match.ts";
import { parseRepository } from "../../src/image/reference.ts";
import { instantOf } from "../../src/time.ts";
import { componentFrom } from "../fixtures/lists.ts";

const NOW = instantOf(Date.UTC(2026, 10, 24));
const DIGEST = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;
const IMAGE: ImageNames = { repository: parseRepository("dhi.io/redis"), digests: [DIGEST] };
const LIBX = "pkg:deb/debian/libx1@1.5-1?distro=debian-13&upstream=libx";

function product(purl: string, ...subcomponents: readonly string[]): VexProduct {
  return { purl, digests: [], subcomponents };
}

function statementOf(products: readonly VexProduct[], more: Partial<VexStatement> = {}): VexStatement {
  return {
    vulnerabilities: ["CVE-2026-0001"],
    status: "not_affected",
    justification: "vulnerable_code_not_present",
    at: instantOf(Date.UTC(2026, 10, 20)),
    author: "Docker",
    products,
    from: "feed",
    ...more,
  };
}

function counts(statement: VexStatement, purl = LIBX, image: ImageNames | undefined = IMAGE): boolean {
  const system: ImageSystem = { distribution: "debian-13" };
  return vexJudgeOf([statement], image, NOW)(componentFrom(purl), ["CVE-2026-0001"], system) !== undefined;
}

describe("a feed's statement counts", () => {
  test.each([
    { title: "about the package in its version", products: [product("pkg:deb/debian/libx1@1.5-1")] },
    { title: "about its source in its version", products: [product("pkg:deb/debian/libx@1.5-1")] },
    { title: "about its source, written otherwise", products: [product("pkg:deb/debian/libx@0:1.5-1")] },
    {
      title: "with a release that is its own",
      products: [product("pkg:deb/debian/libx@1.5-1?os_distro=trixie&os_name=debian&os_version=13")],
    },
    { title: "about this image", products: [product("pkg:docker/dhi/redis")] },
    { title: "about this image, in the other type", products: [product("pkg:oci/dhi%2Fredis")] },
    {
      title: "about this image by its place",
      products: [product("pkg:oci/redis?repository_url=dhi.io/redis")],
    },
    { title: "about this image by its digest", products: [product(`pkg:oci/redis@${DIGEST}`)] },
    {
      title: "about this image by its digest alone",
      products: [{ purl: "https://acme.example", digests: [DIGEST], subcomponents: [] }],
    },
    {
      title: "about the package in this image",
      products: [product("pkg:docker/dhi/redis", "pkg:deb/debian/libx1")],
    },
    {
      title: "about the package without version, and this image",
      products: [product("pkg:deb/debian/libx1"), product("pkg:docker/dhi/redis", "pkg:deb/debian/other")],
    },
  ])("$title", ({ products }) => {
    expect(counts(statementOf(products))).toBe(true);
  });
});

describe("a feed's statement does not count", () => {
  test.each([
    { title: "about another package", products: [product("pkg:deb/debian/liby@1.5-1")] },
    { title: "about another version", products: [product("pkg:deb/debian/libx1@1.5-2")] },
    { title: "about another type", products: [product("pkg:apk/debian/libx1@1.5-1")] },
    { title: "about another distribution", products: [product("pkg:deb/ubuntu/libx1@1.5-1")] },
    { title: "about another release", products: [product("pkg:deb/debian/libx1@1.5-1?os_version=12")] },
    {
      title: "about another architecture's name",
      products: [product("pkg:deb/debian/libx1@1.5-1?os_name=ubuntu")],
    },
    {
      title: "with a restriction nobody knows",
      products: [product("pkg:deb/debian/libx1@1.5-1?flavour=slim")],
    },
    {
      title: "U19: without version, about another image",
      products: [product("pkg:deb/debian/libx1"), product("pkg:docker/dhi/bash")],
    },
    { title: "without version, about no image", products: [product("pkg:deb/debian/libx1")] },
    { title: "about another image", products: [product("pkg:docker/dhi/bash")] },
    { title: "about an image of this name elsewhere", products: [product("pkg:docker/acme/redis")] },
    {
      title: "about an image in another place",
      products: [product("pkg:oci/redis?repository_url=acme.example/redis")],
    },
    { title: "about another digest of it", products: [product(`pkg:oci/dhi%2Fredis@${OTHER}`)] },
    { title: "about a tag of it", products: [product("pkg:oci/dhi%2Fredis?tag=7")] },
    {
      title: "about another digest alone",
      products: [{ purl: "pkg:oci/dhi%2Fredis", digests: [OTHER], subcomponents: [] }],
    },
    {
      title: "about another package in this image",
      products: [product("pkg:docker/dhi/redis", "pkg:deb/debian/liby")],
    },
    { title: "about a part that is no purl", products: [product("pkg:docker/dhi/redis", "")] },
    { title: "about a part of a package", products: [product("pkg:deb/debian/libx1@1.5-1", "pkg:npm/x")] },
    {
      title: "about nothing that is a purl",
      products: [product("libx1"), { digests: [], subcomponents: [] }],
    },
  ])("$title", ({ products }) => {
    expect(counts(statementOf(products))).toBe(false);
  });

  test("about another vulnerability", () => {
    const products = [product("pkg:docker/dhi/redis")];
    expect(counts(statementOf(products, { vulnerabilities: ["CVE-2026-0002"] }))).toBe(false);
  });

  test("from the future", () => {
    const products = [product("pkg:docker/dhi/redis")];
    expect(counts(statementOf(products, { at: instantOf(NOW + 1) }))).toBe(false);
    expect(counts(statementOf(products, { at: NOW }))).toBe(true);
  });
});

describe("what is attested with the image", () => {
  const from = { from: "attestation" } as const;
  test.each([
    { title: "counts without a version", products: [product("pkg:deb/debian/libx1")], is: true },
    { title: "counts under the image's last name", products: [product("pkg:oci/redis")], is: true },
    { title: "does not count about another image", products: [product("pkg:oci/bash")], is: false },
    {
      title: "does not count about another digest",
      products: [product(`pkg:oci/redis@${OTHER}`)],
      is: false,
    },
    { title: "does not count about another package", products: [product("pkg:deb/debian/liby")], is: false },
  ])("$title", ({ products, is }) => {
    expect(counts(statementOf(products, from))).toBe(is);
  });
});

function winner(...statements: readonly VexStatement[]): string | undefined {
  return vexJudgeOf(statements, IMAGE, NOW)(componentFrom(LIBX), ["CVE-2026-0001", "BELL-1"], {})?.author;
}

describe("of several", () => {
  const products = [product("pkg:docker/dhi/redis")];
  const early = statementOf(products, { at: instantOf(Date.UTC(2026, 10, 1)), author: "early" });
  const late = statementOf(products, {
    at: instantOf(Date.UTC(2026, 10, 2)),
    author: "late",
    status: "affected",
  });

  test("the newest counts, in whatever order", () => {
    expect([winner(early, late), winner(late, early)]).toStrictEqual(["late", "late"]);
  });

  test("of one time the worse news", () => {
    const same = { ...late, at: early.at };
    expect([winner(early, same), winner(same, early)]).toStrictEqual(["late", "late"]);
  });

  test("a newer one about something else changes nothing", () => {
    expect(winner(early, { ...late, products: [product("pkg:docker/dhi/bash")] })).toBe("early");
  });

  test("one under the name of the record counts too", () => {
    expect(winner({ ...early, vulnerabilities: ["BELL-1"] })).toBe("early");
  });
});

test("an image without a name is not this one", () => {
  const judge = vexJudgeOf([statementOf([product("pkg:docker/dhi/redis")])], undefined, NOW);
  expect(judge(componentFrom(LIBX), ["CVE-2026-0001"], {})).toBeUndefined();
});
