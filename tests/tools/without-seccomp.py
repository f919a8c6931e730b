"""Runs a program on a system that confines nobody: the kernel answers as one that was built without seccomp.

    without-seccomp.py PROGRAM ARGUMENT…

What the program starts has the same system.
"""

import ctypes
import os
import platform
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2
ALLOW, EINVAL = 0x7FFF0000, 0x00050000 | 22
# The numbers of seccomp(2) and prctl(2).
SECCOMP, PRCTL = {"x86_64": (317, 157), "aarch64": (277, 167)}[platform.machine()]

LOAD, EQUAL, ANSWER = 0x20, 0x15, 0x06
NUMBER, FIRST_ARGUMENT = 0, 16
FILTER = [
    (LOAD, 0, 0, NUMBER),
    (EQUAL, 3, 0, SECCOMP),
    (EQUAL, 0, 3, PRCTL),
    (LOAD, 0, 0, FIRST_ARGUMENT),
    (EQUAL, 0, 1, PR_SET_SECCOMP),
    (ANSWER, 0, 0, EINVAL),
    (ANSWER, 0, 0, ALLOW),
]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


code = b"".join(struct.pack("HBBI", *step) for step in FILTER)
libc = ctypes.CDLL(None, use_errno=True)
zeros = (ctypes.c_ulong(0),) * 3
for option, value in [
    (PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1)),
    (PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER)),
]:
    program = zeros
    if option == PR_SET_SECCOMP:
        program = (ctypes.byref(Program(len(FILTER), code)), *zeros[1:])
    if libc.prctl(option, value, *program) != 0:
        sys.exit(f"prctl({option}): {os.strerror(ctypes.get_errno())}")
os.execv(sys.argv[1], sys.argv[1:])
