"""Waiting: ``poll_oneoff``."""

from __future__ import annotations

from struct import Struct

from wasmvm.wasi.host import errno, terms, timesource
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.polling import Wanted, wait_for
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import load_u32, store_u32
from wasmvm.wasi.preview1.function import wasi_function
from wasmvm.wasi.preview1.guest import Wasi

MAX_SUBSCRIPTIONS = 8192
"""How many subscriptions one call may have; more is EINVAL, as looking at all of them once must not take long."""
_WAITABLE = (timesource.CLOCK_REALTIME, timesource.CLOCK_MONOTONIC)
"""Clocks that can be waited for: a guest that waits uses no CPU time."""


class Subscription(Wanted):
    """One thing that a guest waits for.

    Attributes:
        userdata: what the guest wants to find in the event.
        tag: ``EVENTTYPE_*``.
    """

    __slots__ = ("tag", "userdata")

    def __init__(self, userdata: int, tag: int) -> None:
        super().__init__()
        self.userdata = userdata
        self.tag = tag


def subscribe_clock(wasi: Wasi, subscription: Subscription, clock_id: int, timeout: int, flags: int) -> None:
    """Let it wait for a clock; if that is impossible, its event has an error."""
    if clock_id >= len(abi.CLOCKS) or flags & ~abi.SUBCLOCKFLAGS_ABSTIME:
        subscription.error = errno.EINVAL
        return
    clock = abi.CLOCKS[clock_id]
    if clock not in _WAITABLE:
        subscription.error = errno.ENOTSUP
        return
    is_absolute = flags & abi.SUBCLOCKFLAGS_ABSTIME
    subscription.want_time(clock, timeout if is_absolute else wasi.clock.time(clock) + timeout)


def subscribe_descriptor(wasi: Wasi, subscription: Subscription, fd: int) -> None:
    """Let it wait for a descriptor; if that is bad or lacks the rights, its event has an error."""
    write = subscription.tag == abi.EVENTTYPE_FD_WRITE
    try:
        descriptor = wasi.table.get(fd, terms.MAY_POLL | (terms.MAY_WRITE if write else terms.MAY_READ))
        subscription.want(descriptor, write)
    except WasiError as error:
        subscription.error = error.name


def poll(wasi: Wasi, mem: memoryview, layout: Struct, in_: int, out: int, nsubscriptions: int, nevents: int) -> None:
    """`poll_oneoff` for subscriptions whose `layout` unpacks to (userdata, tag, clock id, timeout, flags)."""
    if nsubscriptions == 0 or nsubscriptions > MAX_SUBSCRIPTIONS:
        raise WasiError(errno.EINVAL)
    if max(in_ + nsubscriptions * layout.size, out + nsubscriptions * abi.EVENT.size) > len(mem):
        raise WasiError(errno.EFAULT)
    subscriptions = []
    for at in range(in_, in_ + nsubscriptions * layout.size, layout.size):
        userdata, tag, clock_id, timeout, flags = layout.unpack_from(mem, at)
        subscription = Subscription(userdata, tag)
        if tag == abi.EVENTTYPE_CLOCK:
            subscribe_clock(wasi, subscription, clock_id, timeout, flags)
        elif tag in (abi.EVENTTYPE_FD_READ, abi.EVENTTYPE_FD_WRITE):
            subscribe_descriptor(wasi, subscription, load_u32(mem, at + abi.SUBSCRIPTION_FD)[0])
        else:
            raise WasiError(errno.EINVAL)
        subscriptions.append(subscription)
    wait_for(wasi.clock, subscriptions)
    at = out
    for subscription in subscriptions:
        if subscription.is_due:
            hangup = abi.EVENTRWFLAGS_HANGUP if subscription.hangup else 0
            code = abi.SUCCESS if subscription.error is None else abi.ERRNO[subscription.error]
            abi.EVENT.pack_into(mem, at, subscription.userdata, code, subscription.tag, subscription.nbytes, hangup)
            at += abi.EVENT.size
    store_u32(mem, nevents, (at - out) // abi.EVENT.size)


@wasi_function
def poll_oneoff(wasi: Wasi, mem: memoryview, in_: int, out: int, nsubscriptions: int, nevents: int) -> None:
    """Wait until at least one of several things happens, and say which did.

    Parameters:
        in_: address of the subscriptions, 48 bytes each: userdata u64, tag u8 at 8; then of a clock (tag 0) its id
            u32 at 16, timeout u64 at 24, precision u64 at 32, flags u16 at 40 (1: the timeout is a time, not a
            span), of a descriptor to read from (1) or write to (2) its number u32 at 16.
        out: address of room for as many events, 32 bytes each: userdata u64, error u16 at 8, type u8 at 10, and of a
            descriptor the number of bytes that are ready u64 at 16 and flags u16 at 24 (1: the other side hung up).
            They come in the order of the subscriptions.
        nevents: where the number of events (u32) goes; at least 1.

    What is wrong with one subscription is the error of its event, which is due at once: EBADF and what
    `Descriptor.refuse` says (rights poll_fd_readwrite and fd_read or fd_write), EINVAL for an unknown clock or flag,
    ENOTSUP for a clock of CPU time. Regular files are always ready.

    Errors: EINVAL for no subscription, more than 8192, or an unknown tag; EFAULT.
    """
    poll(wasi, mem, abi.SUBSCRIPTION, in_, out, nsubscriptions, nevents)
