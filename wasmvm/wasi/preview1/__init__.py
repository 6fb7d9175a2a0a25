"""What a guest of preview 1 calls (``wasi_snapshot_preview1``, and ``wasi_unstable`` before it)."""
