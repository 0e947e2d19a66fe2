import { expect, test } from "vitest";
import { nextPageOf } from "../../../src/adapters/registry/link.ts";
import { parseRepository } from "../../../src/image/reference.ts";

const PAGE = new URL("https://registry.example/v2/a/referrers/sha256:x?n=1");
const subject = {
  repository: parseRepository("registry.example/a"),
  operation: "referrers",
  asked: "referrers",
} as const;

test.each([
  { title: "a path", header: '</v2/a/next?x=1>; rel="next"', next: "https://registry.example/v2/a/next?x=1" },
  {
    title: "a query alone",
    header: '<?x=2>; rel="next"',
    next: "https://registry.example/v2/a/referrers/sha256:x?x=2",
  },
  {
    title: "a whole URL",
    header: "<https://registry.example/n>; rel=next",
    next: "https://registry.example/n",
  },
  {
    title: "the second link",
    header: '</p>; rel="prev", </n>; rel="next"',
    next: "https://registry.example/n",
  },
  {
    title: "the second header",
    header: ['</p>; rel="prev"', '</n>; rel="next"'],
    next: "https://registry.example/n",
  },
  {
    title: "one of several relations",
    header: '</n>; title="x"; rel="last Next"',
    next: "https://registry.example/n",
  },
  { title: "no next page", header: '</p>; rel="prev"', next: undefined },
  { title: "no relation", header: "</n>", next: undefined },
  { title: "nothing", header: undefined, next: undefined },
  { title: "brackets only", header: "<".repeat(10_000), next: undefined },
])("nextPageOf finds $title", ({ header, next }) => {
  expect(nextPageOf(header, PAGE, subject)?.href).toBe(next);
});

test.each([
  { title: "another host", header: '<https://evil.example/n>; rel="next"', code: "registry-refused" },
  { title: "another port", header: '<https://registry.example:444/n>; rel="next"', code: "registry-refused" },
  { title: "plain HTTP", header: '<http://registry.example/n>; rel="next"', code: "registry-refused" },
  {
    title: "another host without a scheme",
    header: '<//evil.example/n>; rel="next"',
    code: "registry-refused",
  },
  { title: "a user", header: '<https://a:b@registry.example/n>; rel="next"', code: "registry-refused" },
  { title: "a file", header: '<file:///etc/passwd>; rel="next"', code: "registry-refused" },
  { title: "no URL", header: '<https://[::>; rel="next"', code: "registry-protocol" },
])("nextPageOf does not follow to $title", ({ header, code }) => {
  expect(() => nextPageOf(header, PAGE, subject)).toThrow(expect.objectContaining({ code }));
});
