"""wasmvm: a Cython-accelerated WebAssembly virtual machine for Python."""
