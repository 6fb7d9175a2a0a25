"""Waiting: ``poll_oneoff``."""

from __future__ import annotations

import time
from struct import Struct

from wasmvm.wasi.host.fdtable import Descriptor
from wasmvm.wasi.host.waiting import wait_slice
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import WasiError, load_u32, store_u32
from wasmvm.wasi.preview1.guest import Wasi, wasi_function

_LONGEST_WAIT = 10**9 * 3600
"""Nanoseconds of one wait on a clock; a longer one is several."""
MAX_SUBSCRIPTIONS = 8192
"""What one call may wait for; more is EINVAL, as looking at all of them once must not take long."""


class Subscription:
    """One thing waited for; `error` or `is_ready` says that its event is due.

    Attributes:
        userdata: what the guest wants to find in the event.
        tag: ``EVENTTYPE_*``.
        descriptor: what is to be read from or written to; None for a clock.
        clock_id, deadline: a clock and the time to wait for.
        nbytes, hangup: what the event tells of a descriptor.
    """

    __slots__ = (
        "clock_id", "deadline", "descriptor", "error", "fileno", "hangup", "is_ready", "nbytes", "tag", "userdata",
    )  # fmt: skip

    def __init__(self, userdata: int, tag: int) -> None:
        self.userdata = userdata
        self.tag = tag
        self.descriptor: Descriptor | None = None
        self.fileno = -1
        self.clock_id = abi.CLOCK_MONOTONIC
        self.deadline = 0
        self.error = abi.SUCCESS
        self.is_ready = False
        self.nbytes = 0
        self.hangup = False

    @property
    def is_due(self) -> bool:
        return self.is_ready or self.error != abi.SUCCESS


def subscribe_clock(wasi: Wasi, subscription: Subscription, clock_id: int, timeout: int, flags: int) -> None:
    """Make it wait for a clock; a clock that cannot be waited for is an error of the event."""
    if clock_id > abi.CLOCK_THREAD_CPUTIME or flags & ~abi.SUBCLOCKFLAGS_ABSTIME:
        subscription.error = abi.EINVAL
    elif clock_id > abi.CLOCK_MONOTONIC:
        subscription.error = abi.ENOTSUP  # a guest that waits uses no CPU time
    else:
        subscription.clock_id = clock_id
        is_absolute = flags & abi.SUBCLOCKFLAGS_ABSTIME
        subscription.deadline = timeout if is_absolute else wasi.clock.time(clock_id) + timeout


def subscribe_descriptor(wasi: Wasi, subscription: Subscription, fd: int) -> None:
    """Make it wait for a descriptor; a bad one, or one without the rights, is an error of the event."""
    write = subscription.tag == abi.EVENTTYPE_FD_WRITE
    try:
        descriptor = wasi.table.get(fd, abi.POLL_FD_READWRITE | (abi.FD_WRITE if write else abi.FD_READ))
        subscription.fileno = descriptor.poll_fileno(write)
        subscription.descriptor = descriptor
        if subscription.fileno < 0:
            subscription.is_ready = True
            subscription.nbytes = descriptor.available(write)
    except WasiError as error:
        subscription.error = error.code


def wait_for(wasi: Wasi, subscriptions: list[Subscription]) -> None:
    """Wait until at least one of the subscriptions is due, and mark all that are."""
    polled = [subscription for subscription in subscriptions if subscription.fileno >= 0]
    clocks = [subscription for subscription in subscriptions if subscription.tag == abi.EVENTTYPE_CLOCK]

    def ready(nanoseconds: int | None) -> bool:
        return _poll(polled, nanoseconds)

    wait: int | None = 0
    if not any(subscription.is_due for subscription in subscriptions):
        wait = None
    while True:
        for subscription in clocks:
            if not subscription.is_due:
                remaining = subscription.deadline - wasi.clock.time(subscription.clock_id)
                if remaining <= 0:
                    subscription.is_ready = True
                    wait = 0
                elif wait is None or wait > remaining:
                    wait = remaining
        if wait == 0:
            ready(0)
            return
        wasi.clock.wait(None if wait is None else min(wait, _LONGEST_WAIT), ready)
        if any(subscription.is_due for subscription in polled):
            return
        wait = None


def _poll(polled: list[Subscription], nanoseconds: int | None) -> bool:
    """Wait at most so long for host descriptors and mark those that are ready; whether there is one."""
    end = None if nanoseconds is None else time.monotonic_ns() + nanoseconds
    while True:
        piece = int(wait_slice() * 1e9)
        if end is not None:
            piece = min(piece, max(0, end - time.monotonic_ns()))
        if not polled:
            time.sleep(piece / 1e9)
        elif _poll_once(polled, piece):
            return True
        if end is not None and time.monotonic_ns() >= end:
            return False


def _poll_once(polled: list[Subscription], nanoseconds: int) -> bool:
    from wasmvm.wasi.host.hostfile import poll_host

    wanted = [(subscription.fileno, subscription.tag == abi.EVENTTYPE_FD_WRITE) for subscription in polled]
    found = poll_host(wanted, nanoseconds)
    for subscription, (is_ready, hangup) in zip(polled, found, strict=True):
        if is_ready and subscription.descriptor is not None:
            subscription.is_ready = True
            subscription.hangup = hangup
            subscription.nbytes = subscription.descriptor.available(subscription.tag == abi.EVENTTYPE_FD_WRITE)
    return any(subscription.is_ready for subscription in polled)


def poll(wasi: Wasi, mem: memoryview, layout: Struct, in_: int, out: int, nsubscriptions: int, nevents: int) -> None:
    """`poll_oneoff` for subscriptions of a layout that gives (userdata, tag, clock id, timeout, flags)."""
    if nsubscriptions == 0 or nsubscriptions > MAX_SUBSCRIPTIONS:
        raise WasiError(abi.EINVAL)
    if max(in_ + nsubscriptions * layout.size, out + nsubscriptions * abi.EVENT.size) > len(mem):
        raise WasiError(abi.EFAULT)
    subscriptions = []
    for at in range(in_, in_ + nsubscriptions * layout.size, layout.size):
        userdata, tag, clock_id, timeout, flags = layout.unpack_from(mem, at)
        subscription = Subscription(userdata, tag)
        if tag == abi.EVENTTYPE_CLOCK:
            subscribe_clock(wasi, subscription, clock_id, timeout, flags)
        elif tag in (abi.EVENTTYPE_FD_READ, abi.EVENTTYPE_FD_WRITE):
            subscribe_descriptor(wasi, subscription, load_u32(mem, at + abi.SUBSCRIPTION_FD)[0])
        else:
            raise WasiError(abi.EINVAL)
        subscriptions.append(subscription)
    wait_for(wasi, subscriptions)
    at = out
    for subscription in subscriptions:
        if subscription.is_due:
            hangup = abi.EVENTRWFLAGS_HANGUP if subscription.hangup else 0
            abi.EVENT.pack_into(
                mem, at, subscription.userdata, subscription.error, subscription.tag, subscription.nbytes, hangup
            )
            at += abi.EVENT.size
    store_u32(mem, nevents, (at - out) // abi.EVENT.size)


@wasi_function
def poll_oneoff(wasi: Wasi, mem: memoryview, in_: int, out: int, nsubscriptions: int, nevents: int) -> None:
    """Wait until at least one of several things happens, and tell which did.

    Parameters:
        in_: address of the subscriptions, 48 bytes each: userdata u64, tag u8 at 8; then of a clock (tag 0) its id
            u32 at 16, timeout u64 at 24, precision u64 at 32, flags u16 at 40 (1: the timeout is a time, not a
            span), of a descriptor to read from (1) or write to (2) its number u32 at 16.
        out: address of room for as many events, 32 bytes each: userdata u64, error u16 at 8, type u8 at 10, and of a
            descriptor the bytes that are there u64 at 16 and flags u16 at 24 (1: the other side hung up). They come
            in the order of the subscriptions.
        nevents: where the number of events (u32) goes; at least 1.

    What is wrong with one subscription is the error of its event, which is due at once: EBADF and what
    `Descriptor.refuse` says (rights poll_fd_readwrite and fd_read or fd_write), EINVAL for a clock or flag that
    there is not, ENOTSUP for a clock of CPU time. Regular files are always ready.

    Errors: EINVAL for no subscription, more than 8192, or a tag that there is not; EFAULT.
    """
    poll(wasi, mem, abi.SUBSCRIPTION, in_, out, nsubscriptions, nevents)
