#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// The compiled form of every module that is imported from here on is kept: half the time and a third less memory.
enableCompileCache();
const { main } = await import("./command.ts");
process.exitCode = await main(process.argv.slice(2), process.env);
