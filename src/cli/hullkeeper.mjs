#!/usr/bin/env node
/*
 * This file and the next are plain JavaScript: they are read before Node keeps what it made of TypeScript, so that reading them as such
 * would load what takes the types off, 10 MB for the life of the process, at every start.
 */
import "./lean-heap.mjs";

await import("./main.ts");
