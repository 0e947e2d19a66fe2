import { describe, expect, test } from "vitest";
import { kindOfAddress, kindOfName } from "../../../src/adapters/registry/address.ts";

describe("kindOfAddress", () => {
  test.each(["1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.255.255", "2606:4700::1111", "::ffff:1.1.1.1"])(
    "%s is public",
    (address) => {
      expect(kindOfAddress(address)).toBe("public");
    },
  );

  test.each([
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:a00:1",
    "100::1",
    "2001:db8::1",
    "fc00::1",
    "fdff::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
  ])("%s is private", (address) => {
    expect(kindOfAddress(address)).toBe("private");
  });

  test.each([
    { address: "169.254.169.254", title: "AWS, Azure, Google" },
    { address: "169.254.170.2", title: "ECS" },
    { address: "::ffff:169.254.169.254", title: "the same as IPv6" },
    { address: "::ffff:a9fe:a9fe", title: "the same in hex" },
    { address: "64:ff9b::a9fe:a9fe", title: "the same through NAT64" },
    { address: "64:ff9b:1::a9fe:a9fe", title: "the same through local NAT64" },
    { address: "2002:a9fe:a9fe::1", title: "the same through 6to4" },
    { address: "::ffff:0:a9fe:a9fe", title: "the same, translated" },
    { address: "::169.254.169.254", title: "the same, in the oldest form" },
    { address: "2001::1", title: "Teredo" },
    { address: "168.63.129.16", title: "Azure's wire server" },
    { address: "100.100.100.200", title: "Alibaba" },
    { address: "192.0.0.192", title: "Oracle" },
    { address: "fd00:ec2::254", title: "AWS by IPv6" },
    { address: "fd20:ce::254", title: "Google by IPv6" },
    { address: "registry.example", title: "no address" },
    { address: "", title: "nothing" },
    { address: "1.2.3", title: "a short one" },
  ])("$address is never dialled: $title", ({ address }) => {
    expect(kindOfAddress(address)).toBe("metadata");
  });
});

test.each([
  { name: "registry.example", kind: "public" },
  { name: "registry.example.", kind: "public" },
  { name: "internal.example", kind: "public" },
  { name: "localhost", kind: "private" },
  { name: "LOCALHOST.", kind: "private" },
  { name: "a.localhost", kind: "private" },
  { name: "registry", kind: "private" },
  { name: "registry.corp.internal", kind: "private" },
  { name: "nas.local", kind: "private" },
  { name: "nas.home.arpa", kind: "private" },
  { name: "", kind: "private" },
  { name: "metadata.google.internal", kind: "metadata" },
  { name: "Metadata.Google.Internal.", kind: "metadata" },
  { name: "metadata", kind: "metadata" },
  { name: "instance-data.ec2.internal", kind: "metadata" },
])("the name $name is $kind", ({ name, kind }) => {
  expect(kindOfName(name)).toBe(kind);
});
