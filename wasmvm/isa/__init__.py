"""The instruction tables: a row per WebAssembly opcode, a row per register instruction."""
