import { expect, test } from "vitest";
import { createGitHub } from "../../../src/adapters/github/github.ts";
import { InvalidInputError } from "../../../src/errors.ts";
import { Secret } from "../../../src/secret.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";

const TOKEN = "ghp_0123456789";

function create(baseUrl: string, token: string): unknown {
  const metrics = UNCOUNTED;
  return createGitHub({
    baseUrl,
    auth: { kind: "token", token: new Secret(token) },
    userAgent: "hullkeeper-test",
    metrics,
  });
}

test.each([
  "https://api.github.com",
  "https://api.github.com/",
  "https://github.example.com/api/v3",
  "https://github.example.com:8443/api/v3/",
  "http://127.0.0.1:3000/api/v3",
])("takes %s", (baseUrl) => {
  expect(create(baseUrl, TOKEN)).toHaveProperty("propose");
});

test.each([
  { title: "nothing", baseUrl: "" },
  { title: "no scheme", baseUrl: "api.github.com" },
  { title: "another scheme", baseUrl: "ftp://api.github.com" },
  { title: "a file", baseUrl: "file:///etc/passwd" },
  { title: "a user name", baseUrl: "https://me@api.github.com" },
  { title: "a password", baseUrl: "https://:hunter2@api.github.com" },
  { title: "a query", baseUrl: "https://api.github.com?a=b" },
  { title: "a fragment", baseUrl: "https://api.github.com#a" },
])("refuses a base URL with $title, without repeating it", ({ baseUrl }) => {
  expect(() => create(baseUrl, TOKEN)).toThrow(InvalidInputError);
  expect(() => create(baseUrl, TOKEN)).not.toThrow(/hunter2/);
});

test.each([
  { title: "empty", token: "" },
  { title: "with a line end", token: `${TOKEN}\n` },
  { title: "with a space", token: `token ${TOKEN}` },
  { title: "with another header", token: `${TOKEN}\r\nx-evil: 1` },
  { title: "with letters no header carries", token: `${TOKEN}é` },
])("refuses a token $title, without repeating it", ({ token }) => {
  expect(() => create("https://api.github.com", token)).toThrow(InvalidInputError);
  expect(() => create("https://api.github.com", token)).not.toThrow(/0123456789/);
});
