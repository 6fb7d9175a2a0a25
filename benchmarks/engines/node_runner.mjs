// Runs a WASI command twice, the first time to warm up with its output thrown away, and prints on the standard error
// stream the processor time that the second run took.
import { openSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { WASI } from "node:wasi";

const [path, ...rest] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(path));

function run(stdout) {
  const wasi = new WASI({ version: "preview1", args: [basename(path), ...rest], stdout, returnOnExit: true });
  const instance = new WebAssembly.Instance(module, wasi.getImportObject());
  const before = process.cpuUsage();
  const code = wasi.start(instance);
  const { user, system } = process.cpuUsage(before);
  if (code) process.exit(code);
  return (user + system) / 1e6;
}

run(openSync("/dev/null", "w"));
const seconds = run(1);
process.stderr.write(JSON.stringify({ seconds }));
