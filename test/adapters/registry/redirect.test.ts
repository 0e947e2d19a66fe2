import { expect, test } from "vitest";
import { isRedirect, redirectTargetOf } from "../../../src/adapters/registry/redirect.ts";
import { parseRepository } from "../../../src/image/reference.ts";

const FROM = new URL("https://registry.example/v2/a/blobs/x");
const subject = {
  repository: parseRepository("registry.example/a"),
  operation: "blob",
  asked: "blob x",
} as const;

test.each([
  {
    title: "another host",
    location: "https://store.example/b?sig=1",
    target: "https://store.example/b?sig=1",
  },
  { title: "a path", location: "/c", target: "https://registry.example/c" },
  { title: "a host without a scheme", location: "//store.example/b", target: "https://store.example/b" },
])("a redirect leads to $title", ({ location, target }) => {
  expect(redirectTargetOf(location, FROM, subject).href).toBe(target);
});

test.each([
  { title: "plain HTTP", location: "http://store.example/b?sig=secret", code: "registry-refused" },
  {
    title: "plain HTTP at the same host",
    location: "http://registry.example/b?sig=secret",
    code: "registry-refused",
  },
  { title: "a file", location: "file:///etc/passwd?sig=secret", code: "registry-refused" },
  { title: "data", location: "data:text/plain,secret", code: "registry-refused" },
  { title: "a URL with a user", location: "https://user:secret@store.example/", code: "registry-refused" },
  { title: "nothing", location: "", code: "registry-protocol" },
  { title: "no Location", location: undefined, code: "registry-protocol" },
  { title: "two Locations", location: ["/a", "/b"], code: "registry-protocol" },
  { title: "what is no URL", location: "https://[secret", code: "registry-protocol" },
])("a redirect does not lead to $title, and its query is not told", ({ location, code }) => {
  expect(() => redirectTargetOf(location, FROM, subject)).toThrow(
    expect.objectContaining({ code, message: expect.not.stringContaining("secret") }),
  );
});

test.each([301, 302, 303, 307, 308])("%d is a redirect", (status) => {
  expect(isRedirect(status)).toBe(true);
});

test.each([200, 300, 304, 305, 306, 309, 404])("%d is none", (status) => {
  expect(isRedirect(status)).toBe(false);
});
