"""Example programs: C sources, the WebAssembly binaries made from them, and what they print."""
