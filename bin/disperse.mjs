#!/usr/bin/env node
// Entry of the installed package: says plainly when Node is too old instead of failing on syntax.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(`disperse needs Node 24 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
await import("../dist/cli/main.js");
