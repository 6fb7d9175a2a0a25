"""What `test_cluster` runs in a process of its own, which it can end: prints what two Dask workers hold, as JSON."""

from __future__ import annotations

import json
import os

from distributed import Client, LocalCluster

import wasmvm
from examples import cluster as example
from tests.patience import PATIENCE


def look(_: int, module: wasmvm.Module) -> tuple[int, int, bool]:
    """A task: the process, the module's identity in it, and whether its code came along."""
    code = module.compiled.code
    return os.getpid(), id(module), all(code.get(index) is not None for index in range(code.count))


def main() -> None:
    with (
        LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as workers,
        Client(workers, timeout=PATIENCE) as client,
    ):
        module = example.send(client)
        looks = []
        for address in client.scheduler_info()["workers"]:
            looks += client.gather(client.map(look, range(10), module=module, workers=[address], pure=False))
        found = example.search(client, 3000, chunk=100)
    print(json.dumps({"looks": looks, "found": found, "parent": os.getpid()}))


if __name__ == "__main__":
    main()
