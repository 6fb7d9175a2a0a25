"""Components are not what wasmvm runs: importing this says so."""

raise ImportError("wasmvm's replacement of wasmtime runs core WebAssembly modules; it has no component model")
