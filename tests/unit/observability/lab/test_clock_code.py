"""The machine code of the clock, read back by a disassembler: for arm64 it is all that is checked here."""

import capstone
import pytest

from pgben_testkit.observability.lab.clock.code import MACHINES, OFFSET_BYTES

MODES = {
    "x86_64": (capstone.CS_ARCH_X86, capstone.CS_MODE_64),
    "aarch64": (capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM),
}
EXPECTED = {
    "x86_64": """
        mov eax, 0xe4 | syscall | test eax, eax | jne END | cmp edi, 1 | ja END
        mov rax, qword ptr [rsi] | mov ecx, 0x3b9aca00 | imul rax, rcx | add rax, qword ptr [rsi + 8]
        add rax, qword ptr [rip - 0x37] | xor edx, edx | div rcx | mov qword ptr [rsi], rax
        mov qword ptr [rsi + 8], rdx | xor eax, eax | ret""",
    "aarch64": """
        mov w9, w0 | mov x8, #0x71 | svc #0 | cbnz w0, END | cmp w9, #1 | b.hi END
        ldp x10, x11, [x1] | ldr x12, #0 | mov x13, #0xca00 | movk x13, #0x3b9a, lsl #16
        madd x10, x10, x13, x11 | add x10, x10, x12 | udiv x11, x10, x13 | msub x12, x11, x13, x10
        stp x11, x12, [x1] | mov w0, #0 | ret""",
}


def disassembled(machine, code, at=OFFSET_BYTES):
    return list(capstone.Cs(*MODES[machine]).disasm(code, at))


@pytest.mark.parametrize("machine", MACHINES)
def test_the_code_is_what_its_comments_say(machine):
    code = MACHINES[machine].code
    found = disassembled(machine, code)
    end = found[-1].address
    said = [
        f"{each.mnemonic} {each.op_str}".strip().replace(f"{end:#x}", "END").replace("#END", "END") for each in found
    ]
    assert said == [each.strip() for line in EXPECTED[machine].strip().splitlines() for each in line.split("|")]
    assert sum(each.size for each in found) == len(code)


def test_x86_reads_the_offset_from_the_beginning_of_its_blob():
    [add] = [each for each in disassembled("x86_64", MACHINES["x86_64"].code) if "rip" in each.op_str]
    assert add.address + add.size - 0x37 == 0


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("distance", [4096, -4096, 64])
def test_the_branch_goes_where_it_is_told(machine, distance):
    [branch] = disassembled(machine, MACHINES[machine].branch(distance), at=0x10000)
    assert int(branch.op_str.lstrip("#"), 16) == 0x10000 + distance
    assert branch.size == MACHINES[machine].entry_bytes


def test_arm64_has_no_branch_to_half_an_instruction():
    with pytest.raises(ValueError, match="no branch"):
        MACHINES["aarch64"].branch(6)
