import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { debPackagesIn } from "../../../src/sbom/layers/dpkg.ts";

const STATUS = "/var/lib/dpkg/status";
const QUERY = "/usr/bin/dpkg-query";
const isDebian = existsSync(STATUS) && existsSync(QUERY);

describe.skipIf(!isDebian)("this machine's packages (skipped where dpkg is not there)", () => {
  test("are those that dpkg-query tells, with their sources", () => {
    const format =
      "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n";
    const told = execFileSync(QUERY, ["-W", "-f", format], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
      .split("\n")
      .filter((line) => line.startsWith("installed\t"))
      .map((line) => line.slice("installed\t".length));
    const read = [...debPackagesIn(readFileSync(STATUS, "utf8"))].flatMap((entry) => {
      if (entry.kind === "skipped") return [];
      const { name, version, architecture = "", upstream = "" } = entry.package;
      const [source = "", sourceVersion = version] = upstream.split("@");
      return [[name, version, architecture, source, sourceVersion].join("\t")];
    });
    expect(told.length).toBeGreaterThan(20);
    expect(read.toSorted()).toStrictEqual(told.toSorted());
  });
});
