"""The interpreter around the machine: others in the process, copies of the process, and its end."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from tests.patience import PATIENCE
from tests.wat import wat2wasm
from wasmvm import Instance, Module, Store, Trap

SPIN = '(module (func (export "spin") (loop (br 0))) (func (export "f") (param i32) (result i32) (local.get 0)))'


def child(program: str) -> subprocess.CompletedProcess[str]:
    """What a Python program does that has a thread's worth of helpers; it must end."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


# --- Other interpreters -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "what", ["import wasmvm", "from wasmvm._core import Store", "import wasmvm.reader, wasmvm.wasi"]
)
@pytest.mark.parametrize("before", ["", "import wasmvm; wasmvm.Module('(module)')"])
def test_sub_interpreters_are_refused(what: str, before: str) -> None:
    """Whether the main one has imported wasmvm already or not, which can do so afterwards."""
    if sys.version_info >= (3, 13):
        pytest.skip("Python 3.13 has no _xxsubinterpreters")
    done = child(f"""
        import _xxsubinterpreters as interpreters
        {before}
        for _ in range(2):
            other = interpreters.create()
            try:
                interpreters.run_string(other, {what!r})
            except interpreters.RunFailedError as error:
                print(error)
        import wasmvm
        print(wasmvm.instantiate({SPIN!r}).exports.f(5))
    """)
    lines = done.stdout.splitlines()
    assert len(lines) == 3, done.stderr
    for line in lines[:2]:
        assert "ImportError" in line
        assert "wasmvm cannot be used in a sub-interpreter: import it in the main interpreter" in line
    assert lines[2] == "5"


def test_imported_by_another_thread() -> None:
    done = child(f"""
        import threading
        def run():
            import wasmvm
            print(wasmvm.instantiate({SPIN!r}).exports.f(6))
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    """)
    assert (done.stdout, done.stderr) == ("6\n", "")


def test_signals_are_left_alone() -> None:
    """Asking for the interpreter uses a function that could change where signals are written to."""
    done = child("""
        import os, signal
        r, w = os.pipe()
        os.set_blocking(w, False)
        signal.set_wakeup_fd(w)
        import wasmvm
        print(signal.set_wakeup_fd(-1) == w)
    """)
    assert done.stdout == "True\n"


# --- Copies of the process --------------------------------------------------------------------------------------------

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no os.fork")


@needs_fork
def test_a_child_goes_on_with_an_idle_store() -> None:
    done = child(f"""
        import os, wasmvm
        vm = wasmvm.instantiate('''(module (memory (export "m") 1) (global $n (mut i32) (i32.const 1))
          (type $s (struct (field i32) (field (ref null $s)))) (global $s (mut (ref null $s)) (ref.null $s))
          (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (global.set $s (struct.new $s (global.get $n) (global.get $s)))
            (i32.store (i32.const 0) (global.get $n)) (struct.get $s 0 (global.get $s))))''')
        assert vm.exports.next() == 2
        pid = os.fork()
        for turn in range(1000):
            assert vm.exports.next() == 3 + turn
        vm.store.gc()
        wasmvm.instantiate({SPIN!r})
        assert vm.exports.m.load_u32(0) == 1002, "parent and child have a memory each"
        if pid == 0:
            os._exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """)
    assert (done.stdout, done.stderr) == ("7\n", "")


@needs_fork
def test_a_child_of_a_host_function_goes_on() -> None:
    done = child("""
        import os, sys, wasmvm
        parent = os.getpid()
        vm = wasmvm.instantiate('''(module (import "h" "f" (func $f (param i32) (result i32)))
          (func (export "g") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1))))''',
          {"h": {"f": lambda x: x + (os.fork() == 0)}})
        result = vm.exports.g(10)
        if os.getpid() != parent:
            os._exit(result)
        print(result, os.waitstatus_to_exitcode(os.wait()[1]))
    """)
    assert (done.stdout, done.stderr) == ("11 12\n", "")


@needs_fork
def test_a_child_forked_while_another_thread_runs_the_store() -> None:
    """The thread is not there any more: the store stays its, which calls say. Other stores work."""
    done = child(f"""
        import os, threading, time, wasmvm
        vm = wasmvm.instantiate({SPIN!r})
        other = wasmvm.instantiate({SPIN!r})
        vm.exports.f(0)  # what is imported late is imported: that lock would be the other thread's in the child
        def run():
            try:
                vm.exports.spin()
            except wasmvm.Trap:
                pass
        thread = threading.Thread(target=run)
        thread.start()
        while True:
            try:
                vm.store.gc()
            except RuntimeError:
                break
        pid = os.fork()
        if pid == 0:
            status = 0
            for use in (lambda: vm.exports.f(1), vm.store.gc):
                try:
                    use()
                except RuntimeError as error:
                    status += "in use by another thread" in str(error)
            status += other.exports.f(1) + wasmvm.instantiate({SPIN!r}).exports.f(1)
            os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        vm.store.interrupt()
        thread.join()
    """)
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr


# --- The end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("daemon", [True, False])
@pytest.mark.parametrize("what", ["spin", "host", "collect"])
def test_guests_run_when_the_interpreter_ends(daemon: bool, what: str) -> None:
    """Daemon threads are cut off wherever they are; others are waited for, here until the deadline of their calls."""
    done = child(f"""
        import threading, time, wasmvm
        def host():
            time.sleep(0.001)
            return object()
        def run():
            vm = wasmvm.instantiate('''(module (import "h" "f" (func $f (result externref)))
              (type $s (struct (field (ref null $s)) (field i64)))
              (func (export "spin") (loop (br 0))) (func (export "host") (loop (drop (call $f)) (br 0)))
              (func (export "collect") (local $l (ref null $s)) (local $n i32) (loop
                (local.set $l (struct.new $s (local.get $l) (i64.const 1)))
                (if (i32.eqz (i32.rem_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 50000)))
                  (then (local.set $l (ref.null $s)))) (br 0))))''',
              {{"h": {{"f": host}}}})
            vm.store.timeout = {PATIENCE} if {daemon} else 1.0
            running.release()
            try:
                vm.exports[{what!r}]()
            except wasmvm.Trap as error:
                print(error.code, flush=True)
        running = threading.Semaphore(0)
        for _ in range(3):
            threading.Thread(target=run, daemon={daemon}).start()
        for _ in range(3):
            running.acquire()
        time.sleep(0.1)
        print("end", flush=True)
    """)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "end" in done.stdout.split()
    assert done.stdout.count("deadline") == (0 if daemon else 3)


def test_finalizers_use_a_store_at_the_end() -> None:
    done = child(f"""
        import wasmvm
        vm = wasmvm.instantiate({SPIN!r})
        class Last:
            def __del__(self, f=vm.exports.f):
                print(f(9), flush=True)
        vm.store.epoch_deadline = last = Last()
        last.me = last
    """)
    assert done.returncode == 0, done.stderr
    assert done.stdout in ("9\n", "")


def test_an_interrupted_store_is_usable_again() -> None:
    store = Store()
    exports = Instance(Module(wat2wasm(SPIN)), {}, store).exports
    store.set_deadline(0.05)
    with pytest.raises(Trap, match="time limit"):
        exports.spin()
    store.set_deadline(None)
    assert exports.f(3) == 3
