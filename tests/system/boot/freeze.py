"""Stops one thread of a process (by ptrace) for some seconds: usage freeze.py TID SECONDS"""
import ctypes
import sys
import time

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
tid = int(sys.argv[1])
for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
    if libc.ptrace(request, tid, None, None) != 0:
        sys.exit(f"ptrace: errno {ctypes.get_errno()}")
print("frozen", flush=True)
time.sleep(float(sys.argv[2]))
