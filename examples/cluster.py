"""A WebAssembly function over a Dask cluster: which number below a limit takes the most Collatz steps?

    python examples/cluster.py [--scheduler ADDRESS] [--below NUMBER]

Without the address of a scheduler it starts two workers on this machine. The module is compiled here and sent to each
worker once, with its lowered code; every task there makes an instance of its own, which takes a microsecond.
"""

from __future__ import annotations

import argparse

from distributed import Client, Future, LocalCluster, as_completed

import wasmvm

WAT = """(module
  (func $steps (param $n i64) (result i64) (local $steps i64)
    (block $done
      (loop $next
        (br_if $done (i64.eq (local.get $n) (i64.const 1)))
        (local.set $n
          (if (result i64) (i64.eqz (i64.and (local.get $n) (i64.const 1)))
            (then (i64.shr_u (local.get $n) (i64.const 1)))
            (else (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1)))))
        (local.set $steps (i64.add (local.get $steps) (i64.const 1)))
        (br $next)))
    (local.get $steps))
  (func (export "longest") (param $n i64) (param $end i64) (result i64 i64)
    (local $steps i64) (local $most i64) (local $best i64)
    (loop $next
      (if (i64.lt_s (local.get $n) (local.get $end))
        (then
          (local.set $steps (call $steps (local.get $n)))
          (if (i64.gt_s (local.get $steps) (local.get $most))
            (then (local.set $most (local.get $steps)) (local.set $best (local.get $n))))
          (local.set $n (i64.add (local.get $n) (i64.const 1)))
          (br $next))))
    (local.get $most) (local.get $best)))"""
"""`longest` of the numbers from the first up to and without the second: most steps, and the number that takes them."""


def longest(begin: int, end: int, module: wasmvm.Module) -> tuple[int, int]:
    """A task: runs in a worker, in any of its threads."""
    most, best = wasmvm.Instance(module).exports.longest(begin, end)
    return most, best


def send(client: Client) -> Future:
    """Compile the module once, and let each worker hold it: what is pickled carries the lowered code."""
    module = wasmvm.Module(WAT)
    longest(1, 2, module)  # functions are lowered when they are first called
    return client.scatter(module, broadcast=True)


def search(client: Client, below: int, chunk: int = 5000, timeout: float = 60.0) -> tuple[int, int]:
    """The most steps that a number below the limit takes, and that number; TimeoutError where the cluster is stuck."""
    module = send(client)
    begins = range(1, below, chunk)
    ends = [min(begin + chunk, below) for begin in begins]
    tasks = client.map(longest, begins, ends, module=module)
    found = [result for _, result in as_completed(tasks, with_results=True, timeout=timeout)]
    return max(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a running cluster, such as tcp://host:8786")
    parser.add_argument("--below", type=int, default=200_000, metavar="NUMBER", help="(200000)")
    args = parser.parse_args()
    where = args.scheduler or LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with Client(where, timeout=30) as client:
        steps, number = search(client, args.below)
        print(f"{number} takes {steps} steps, more than any other number below {args.below}")
    if not args.scheduler:
        where.close()


if __name__ == "__main__":
    main()
