import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../../src/errors.ts";
import { parseDer } from "../../../src/trust/notation/asn1.ts";
import { isNamed, parseTrustedIdentity, renderName } from "../../../src/trust/notation/distinguished-name.ts";
import { nameDer, type NameParts } from "../../fakes/notation/certificates.ts";
import { der } from "../../fakes/notation/der.ts";

const MICROSOFT: NameParts = [
  ["C", "US"],
  ["ST", "Washington"],
  ["L", "Redmond"],
  ["O", "Microsoft Corporation"],
  ["CN", "Microsoft SCD Products RSA Signing"],
];
const subject = parseDer(nameDer(MICROSOFT));

describe("an identity names a subject", () => {
  test.each([
    {
      title: "as the vendor documents it",
      identity: "CN=Microsoft SCD Products RSA Signing,O=Microsoft Corporation,L=Redmond,ST=Washington,C=US",
    },
    {
      title: "with S for ST",
      identity:
        "CN=Microsoft SCD Products RSA Signing, O=Microsoft Corporation, L=Redmond, S=Washington, C=US",
    },
    { title: "in another order", identity: "C=US, ST=Washington, O=Microsoft Corporation" },
    {
      title: "with the prefix of a trust policy",
      identity: "x509.subject: C=US, ST=Washington, O=Microsoft Corporation",
    },
    { title: "with small letters for types", identity: "c=US, st=Washington, o=Microsoft Corporation" },
    { title: "with spaces around it", identity: "  C = US ,ST= Washington,  O=Microsoft Corporation  " },
    { title: "with a type by its number", identity: "C=US, ST=Washington, 2.5.4.10=Microsoft Corporation" },
    {
      title: "with a letter in hexadecimal",
      identity: String.raw`C=US, ST=Washington, O=\4dicrosoft Corporation`,
    },
  ])("$title", ({ identity }) => {
    expect(isNamed(parseTrustedIdentity(identity), subject)).toBe(true);
  });

  test.each([
    { title: "of another country", identity: "C=DE, ST=Washington, O=Microsoft Corporation" },
    { title: "with other letters", identity: "C=US, ST=washington, O=Microsoft Corporation" },
    { title: "with the beginning of a value", identity: "C=US, ST=Washington, O=Microsoft" },
    { title: "with more than a value", identity: "C=US, ST=Washington, O=Microsoft Corporation Ltd" },
    { title: "with an attribute more", identity: "C=US, ST=Washington, O=Microsoft Corporation, OU=Images" },
    { title: "with an unknown attribute", identity: "C=US, ST=Washington, O=Microsoft Corporation, 1.2.3=x" },
    {
      title: "with an escaped space at an end",
      identity: String.raw`C=US, ST=Washington, O=Microsoft Corporation\ `,
    },
  ])("but not $title", ({ identity }) => {
    expect(isNamed(parseTrustedIdentity(identity), subject)).toBe(false);
  });

  test.each([
    { title: "a comma", value: "Acme, Inc.", written: String.raw`Acme\, Inc.` },
    { title: "a semicolon", value: "Acme; Inc.", written: String.raw`Acme\; Inc.` },
    { title: "a backslash", value: String.raw`Acme\Inc`, written: String.raw`Acme\\Inc` },
    { title: "a backslash before a comma", value: String.raw`Acme\,Inc`, written: String.raw`Acme\\\,Inc` },
    { title: "a plus and a quotation mark", value: `A+"B"`, written: String.raw`A\+\"B\"` },
    { title: "an equals sign", value: "A=B", written: "A=B" },
    { title: "a space at either end", value: " Acme ", written: String.raw`\ Acme\ ` },
    { title: "a backslash at its end", value: "Acme\\", written: String.raw`Acme\\` },
    { title: "a hash", value: "#Acme", written: String.raw`\#Acme` },
    { title: "letters of another language", value: "Ächme 株", written: "Ächme 株" },
  ])("with $title in a value, and reads what it writes", ({ value, written }) => {
    const name = parseDer(
      nameDer([
        ["C", "US"],
        ["ST", "WA"],
        ["O", value],
      ]),
    );
    expect(isNamed(parseTrustedIdentity(`C=US, ST=WA, O=${written}`), name)).toBe(true);
    expect(isNamed(parseTrustedIdentity(renderName(name)), name)).toBe(true);
  });

  test("in whatever text the certificate has it", () => {
    const name = parseDer(
      nameDer([
        ["C", "US"],
        ["ST", der(0x13, Buffer.from("WA"))],
        ["O", der(0x1e, Buffer.from("Ächme", "utf16le").swap16())],
      ]),
    );
    expect(isNamed(parseTrustedIdentity("C=US, ST=WA, O=Ächme"), name)).toBe(true);
  });
});

describe("refuses an identity", () => {
  test.each([
    { title: "of nothing", identity: "" },
    { title: "of everybody", identity: "*" },
    { title: "without a country", identity: "ST=WA, O=Acme" },
    { title: "without a state", identity: "C=US, O=Acme" },
    { title: "without an organisation", identity: "C=US, ST=WA, CN=Acme" },
    { title: "with an attribute twice", identity: "C=US, ST=WA, O=Acme, O=Acme" },
    { title: "with ST and S", identity: "C=US, ST=WA, S=WA, O=Acme" },
    { title: "with an empty value", identity: "C=US, ST=WA, O=" },
    { title: "with an attribute without a value", identity: "C=US, ST=WA, O" },
    { title: "with a comma at its end", identity: "C=US, ST=WA, O=Acme," },
    { title: "with semicolons between", identity: "C=US; ST=WA; O=Acme" },
    { title: "with several attributes in one place", identity: "C=US, ST=WA, O=Acme+OU=Images" },
    { title: "with a value in hexadecimal", identity: "C=US, ST=WA, O=#0c0141" },
    { title: "with a quoted value", identity: `C=US, ST=WA, O="Acme, Inc."` },
    { title: "with an unknown escape", identity: String.raw`C=US, ST=WA, O=A\cme` },
    { title: "that ends in a backslash", identity: "C=US, ST=WA, O=Acme\\" },
    { title: "with bytes that are no UTF-8", identity: String.raw`C=US, ST=WA, O=\ff` },
    { title: "of another kind", identity: "x509.issuer: C=US, ST=WA, O=Acme" },
    { title: "with a wildcard", identity: "C=US, ST=WA, O=Acme*" },
    { title: "with a type that nobody knows", identity: "C=US, ST=WA, O=Acme, ORG=Images" },
    { title: "with a type twice, once by its number", identity: "C=US, ST=WA, O=Acme, 2.5.4.10=Acme" },
    { title: "that is too long", identity: `C=US, ST=WA, O=${"x".repeat(1_024)}` },
  ])("$title", ({ identity }) => {
    expect(() => parseTrustedIdentity(identity)).toThrow(InvalidInputError);
  });
});

describe("renders a subject", () => {
  test("as Notation orders it", () => {
    expect(renderName(subject)).toBe(
      "CN=Microsoft SCD Products RSA Signing, O=Microsoft Corporation, L=Redmond, ST=Washington, C=US",
    );
  });

  test("with nothing in it that cannot be seen", () => {
    const name = parseDer(
      nameDer([
        ["O", "A\u0000\u202eB\nC"],
        ["1.2.3.4", "x"],
      ]),
    );
    expect(renderName(name)).toBe(String.raw`1.2.3.4=x, O=A\00\e2\80\aeB\0aC`);
  });

  test("two different ones differently", () => {
    const one = nameDer([["O", "A, OU=B"]]);
    const two = nameDer([
      ["OU", "B"],
      ["O", "A"],
    ]);
    expect(renderName(parseDer(one))).not.toBe(renderName(parseDer(two)));
  });
});
