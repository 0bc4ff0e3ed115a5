"""Machine code of a `clock_gettime` that adds an offset, for each processor that we know.

Sources: Linux's syscall tables (clock_gettime is 228 on x86-64, 113 on arm64); System V AMD64 ABI and AAPCS64 for the
registers that a called function may change; the instruction encodings are those of Intel's and Arm's manuals.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

OFFSET_BYTES = 16
"""The code's data come before it: the offset in nanoseconds (8 bytes, signed), and 8 more to align the code."""
LAST_JUMPED_CLOCK = 1
"""CLOCK_REALTIME is 0, CLOCK_MONOTONIC 1: what Go's runtime asks for. The clocks of CPU time (2, 3) must stay real."""
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Machine:
    """How one processor is served. `symbol`: the vDSO's function; `code` follows `OFFSET_BYTES` of data; `entry_bytes`:
    length of the branch that is written over the function's beginning."""

    symbol: str
    code: bytes
    entry_bytes: int

    @property
    def blob(self) -> bytes:
        """Data and code: an offset of 0, then the function."""
        return bytes(OFFSET_BYTES) + self.code

    def branch(self, distance: int) -> bytes:
        """A jump to `distance` bytes after the place where it is written."""
        raise NotImplementedError


@dataclass(frozen=True)
class X86(Machine):
    def branch(self, distance: int) -> bytes:
        return b"\xe9" + struct.pack("<i", distance - 5)


@dataclass(frozen=True)
class Arm64(Machine):
    def branch(self, distance: int) -> bytes:
        if distance % 4 or not -(1 << 27) <= distance < 1 << 27:
            raise ValueError(f"no branch over {distance} bytes")
        return struct.pack("<I", 0x14000000 | (distance >> 2) & 0x3FFFFFF)


def _x86_code() -> bytes:
    # The arguments (edi: clock, rsi: timespec) survive a system call; rax, rcx, rdx are free.
    convert = b"\x48\x8b\x06" + b"\xb9" + struct.pack("<i", NANOSECONDS)  # mov rax,[rsi]; mov ecx,10^9
    convert += bytes.fromhex("480fafc1 48034608")  # imul rax,rcx; add rax,[rsi+8]
    store = bytes.fromhex("31d2 48f7f1 488906 48895608 31c0")  # rax/10^9: quotient to [rsi], rest to [rsi+8]; eax = 0
    head = 16
    add_at = head + len(convert)
    add = b"\x48\x03\x05" + struct.pack("<i", -(OFFSET_BYTES + add_at + 7))  # add rax,[rip - to the offset]
    end = add_at + len(add) + len(store)
    code = bytes.fromhex("b8e4000000 0f05 85c0")  # mov eax,228; syscall; test eax,eax
    code += bytes([0x75, end - 11])  # jnz end: an error is the caller's
    code += bytes([0x83, 0xFF, LAST_JUMPED_CLOCK])  # cmp edi,1
    code += bytes([0x77, end - head])  # ja end
    return code + convert + add + store + b"\xc3"


def _arm64_code() -> bytes:
    words = [
        0x2A0003E9,  # mov w9, w0: the clock, for the answer of the call comes in w0
        0xD2800E28,  # mov x8, #113
        0xD4000001,  # svc #0
        0x350001A0,  # cbnz w0, end: an error is the caller's
        0x7100053F,  # cmp w9, #1
        0x54000168,  # b.hi end
        0xA9402C2A,  # ldp x10, x11, [x1]: seconds, nanoseconds
        0x58FFFEAC,  # ldr x12, the offset: 44 bytes back
        0xD299400D,  # mov x13, #0xca00
        0xF2A7734D,  # movk x13, #0x3b9a, lsl #16: 10^9
        0x9B0D2D4A,  # madd x10, x10, x13, x11
        0x8B0C014A,  # add x10, x10, x12
        0x9ACD094B,  # udiv x11, x10, x13
        0x9B0DA96C,  # msub x12, x11, x13, x10
        0xA900302B,  # stp x11, x12, [x1]
        0x52800000,  # mov w0, #0
        0xD65F03C0,  # end: ret
    ]
    return struct.pack(f"<{len(words)}I", *words)


MACHINES: dict[str, Machine] = {
    "x86_64": X86("__vdso_clock_gettime", _x86_code(), 5),
    "aarch64": Arm64("__kernel_clock_gettime", _arm64_code(), 4),
}
"""By what `uname -m` says. arm64's code is checked by a disassembler and in an emulator, never on such a machine."""
