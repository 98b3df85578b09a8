"""Which system calls a program may make. What is not named here answers "not implemented".

An allow-list, so that a call which the kernel gains tomorrow is refused today. Not named, and so refused:
sockets, ptrace and process_vm (other processes' memory), io_uring (calls behind the filter's back), keyctl,
SysV shared memory and message queues (outlive the program), memfd (memory outside the limits), mount,
unshare, setns, chroot, bpf, perf, userfaultfd, module, reboot, clock, handle and quota calls, seccomp
itself, and clone3, openat2 and pidfd calls, whose arguments or targets a filter cannot see (libraries fall
back to the older ones).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from dataclasses import dataclass
from functools import cache

from benchkit.judging.sandbox.jail.numbers import number
from benchkit.judging.sandbox.jail.syscalls import call


@dataclass(frozen=True)
class FilterRules:
    """What the filter depends on."""

    own_pid_namespace: bool  # signals and sessions end at the program's own namespace
    own_root: bool  # what lies outside is mounted read-only, so modes and times may be set
    may_fork: bool
    may_exec: bool
    threads_asked: bool  # for each thread, since nothing else counts them
    addresses_counted: bool  # its address space is what is limited, so that every kind of memory counts
    landlock_abi: int


@dataclass(frozen=True)
class Give:
    """Answer a call: None lets it through, a number is the error it gets (0: "done", and nothing is done)."""

    error: int | None = None


@dataclass(frozen=True)
class If:
    """Look at the low 32 bits of one argument: (argument & mask) == value, for any of the values."""

    argument: int
    values: tuple[int, ...]
    then: Answer
    otherwise: Answer
    mask: int = 0xFFFFFFFF
    high: bool = False  # the high 32 bits instead


@dataclass(frozen=True)
class Ask:
    """Have the zygote answer (threads.py)."""


Answer = Give | Ask | If

ALLOW = Give()
REFUSE = Give(errno.EPERM)
MISSING = Give(errno.ENOSYS)
NOTHING_DONE = Give(0)

_CLONE_THREAD = 0x10000
_CLONE_FOREIGN = 0x7E028000  # any new namespace; CLONE_PARENT, a child that its parent's parent must reap
_O_TRUNC, _O_ACCMODE = 0o1000, 0o3
_AF_UNIX, _SOCK_STREAM, _SOCK_SEQPACKET, _SOCK_TYPE = 1, 1, 5, 0xF
_MAP_SHARED_ANONYMOUS, _MAP_GROWSDOWN = 0x21, 0x100
_FCNTL_SIGNALS_AND_LEASES = (8, 10, 15, 1024, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
_RLIMIT_CORE = 4
_OWN_PID = 0x7FFFFF13  # no process has it; stands for the program's own until `install` has it
_IOCTL_HARMLESS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, window size, FIONREAD, FIONBIO…
_PRCTL_HARMLESS = (3, 15, 16, 23, 29, 30, 39, 0x53564D41)  # names, timer slack, getters, PR_SET_VMA

PLAIN = (
    "access", "alarm", "arch_prctl", "brk", "chdir", "clock_getres", "clock_gettime", "clock_nanosleep",
    "close", "close_range", "copy_file_range", "creat", "dup", "dup2", "dup3", "epoll_create",
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd", "eventfd2",
    "exit", "exit_group", "faccessat", "faccessat2", "fadvise64", "fallocate", "fchdir", "fdatasync",
    "flock", "fstat", "fstatfs", "fsync", "ftruncate", "futex", "futex_waitv", "get_robust_list", "getcpu",
    "getcwd", "getdents", "getdents64", "getegid", "geteuid", "getgid", "getgroups", "getitimer",
    "getpeername", "getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getrandom", "getresgid",
    "getresuid", "getrlimit", "getrusage", "getsid", "getsockname", "getsockopt", "gettid", "gettimeofday",
    "getuid", "link", "linkat", "lseek", "lstat", "madvise", "membarrier", "mincore", "mkdir", "mkdirat",
    "mknod", "mknodat", "mprotect", "msync", "munmap", "nanosleep", "newfstatat", "pause", "pipe", "pipe2",
    "poll", "ppoll", "pread64", "preadv", "preadv2", "pselect6", "pwrite64", "pwritev", "pwritev2", "read",
    "readahead", "readlink", "readlinkat", "readv", "recvfrom", "recvmsg", "rename", "renameat",
    "renameat2", "restart_syscall", "rmdir", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
    "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "sched_get_priority_max", "sched_get_priority_min",
    "sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
    "sched_yield", "select", "sendfile", "sendmsg", "sendto", "set_robust_list", "set_tid_address",
    "setitimer", "shutdown", "sigaltstack", "signalfd", "signalfd4", "splice",
    "stat", "statfs", "statx", "symlink", "symlinkat", "sync_file_range", "sysinfo", "tee", "time",
    "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime", "timerfd_create",
    "timerfd_gettime", "timerfd_settime", "times", "umask", "uname", "unlink", "unlinkat", "vmsplice",
    "wait4", "waitid", "write", "writev",
)  # fmt: skip


def _answers(rules: FilterRules) -> dict[str, Answer]:
    """The calls that are checked, in groups; each group names what it prevents."""
    answers: dict[str, Answer] = dict.fromkeys(PLAIN, ALLOW)
    answers |= _processes(rules)
    answers |= _signals(rules)
    answers |= _files(rules)
    # Sockets that reach no other process: a connected pair, for asyncio's self-pipe and rustc's linker.
    pair = If(1, (_SOCK_STREAM, _SOCK_SEQPACKET), ALLOW, REFUSE, mask=_SOCK_TYPE)
    answers["socketpair"] = If(0, (_AF_UNIX,), pair, REFUSE)
    answers["setsockopt"] = NOTHING_DONE  # buffers of any size are memory that no limit counts
    answers["socket"] = answers["connect"] = REFUSE
    # Terminals take typed-in commands (TIOCSTI), devices their own; only the harmless requests pass.
    answers["ioctl"] = If(1, _IOCTL_HARMLESS, ALLOW, Give(errno.ENOTTY))
    # prctl can make a process attachable, outlive its parent, or install filters.
    answers["prctl"] = If(0, _PRCTL_HARMLESS, ALLOW, REFUSE)
    # Shared anonymous memory counts only as address space, which is not limited for other languages.
    shared = ALLOW if rules.addresses_counted else REFUSE
    shared_or_not = If(3, (_MAP_SHARED_ANONYMOUS,), shared, ALLOW, mask=_MAP_SHARED_ANONYMOUS)
    # A stack counts neither as data nor, made or grown by hand, as the stack; realloc copies instead.
    answers["mremap"] = ALLOW if rules.addresses_counted else Give(errno.ENOMEM)
    answers["mmap"] = If(3, (_MAP_GROWSDOWN,), REFUSE, shared_or_not, mask=_MAP_GROWSDOWN)
    return answers


def _processes(rules: FilterRules) -> dict[str, Answer]:
    """Fork bombs, and other programs in place of the one that is judged."""
    fork = If(0, (0,), ALLOW, REFUSE, mask=_CLONE_FOREIGN) if rules.may_fork else Give(errno.EAGAIN)
    wished = Ask() if rules.threads_asked else ALLOW
    thread = If(0, (_CLONE_THREAD,), wished, fork, mask=_CLONE_THREAD)
    execute = ALLOW if rules.may_exec else Give(errno.EACCES)
    # A program leaves its process group only where its pid namespace ends it all the same.
    session = ALLOW if rules.own_pid_namespace else REFUSE
    return {
        "clone": thread,
        "clone3": MISSING,
        "fork": ALLOW if rules.may_fork else fork,
        "vfork": ALLOW if rules.may_fork else fork,
        "execve": execute,
        "setsid": session,
        "setpgid": session,
    }


def _signals(rules: FilterRules) -> dict[str, Answer]:
    """Killing, stopping, slowing down or limiting anybody else."""
    kill = ALLOW if rules.own_pid_namespace else If(0, (_OWN_PID,), ALLOW, REFUSE)
    answers: dict[str, Answer] = dict.fromkeys(("kill", "tkill", "tgkill"), kill)
    answers["sched_setaffinity"] = If(0, (0,), ALLOW, REFUSE)
    # A limit of no core file at all would bring the system's crash handler, which works outside.
    asked_only = If(2, (0,), If(2, (0,), ALLOW, NOTHING_DONE, high=True), NOTHING_DONE)
    answers["setrlimit"] = If(0, (_RLIMIT_CORE,), NOTHING_DONE, ALLOW)
    answers["prlimit64"] = If(0, (0,), If(1, (_RLIMIT_CORE,), asked_only, ALLOW), REFUSE)
    # renice and its kin: a program's share of the machine is not its own to set.
    answers |= dict.fromkeys(
        ("setpriority", "sched_setscheduler", "sched_setparam", "sched_setattr", "ioprio_set"), REFUSE
    )
    # fcntl can have the kernel send signals in our name.
    answers["fcntl"] = If(1, _FCNTL_SIGNALS_AND_LEASES, REFUSE, ALLOW)
    return answers


def _files(rules: FilterRules) -> dict[str, Answer]:
    """What Landlock does not see: modes, owners, times, attributes; and truncation below its ABI 3."""
    modes = ALLOW if rules.own_root else NOTHING_DONE  # "done": shutil.copy goes on, and nothing changed
    answers: dict[str, Answer] = dict.fromkeys(
        ("chmod", "fchmod", "fchmodat", "utime", "utimes", "utimensat", "futimesat"), modes
    )
    answers |= dict.fromkeys(("chown", "fchown", "lchown", "fchownat"), REFUSE)
    attributes = ("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr")
    readers = ("getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr")
    answers |= dict.fromkeys((*attributes, *readers), Give(errno.ENOTSUP))
    answers["truncate"] = ALLOW if rules.own_root or rules.landlock_abi >= 3 else REFUSE
    # O_RDONLY | O_TRUNC empties a file that Landlock below ABI 3 takes to be only read. Access mode 3, for
    # neither reading nor writing, asks Landlock for no right at all, and may truncate as well.
    denied = Give(errno.EACCES)
    for name, argument in (("open", 1), ("openat", 2)):
        truncates = If(argument, (_O_TRUNC,), denied, ALLOW, mask=_O_TRUNC | _O_ACCMODE)
        answers[name] = If(argument, (_O_ACCMODE,), denied, truncates, mask=_O_ACCMODE)
    return answers


# The filter as the kernel reads it: a binary search over the call's number, then the answer.

_LOAD, _AND, _EQUAL, _AT_LEAST, _JUMP, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x05, 0x06
_RETURN_ALLOW, _RETURN_ASK, _RETURN_ERRNO = 0x7FFF0000, 0x7FC00000, 0x00050000
_KILL_PROCESS = 0x80000000
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SET_FILTER, _NEW_LISTENER = 1, 8
_OFFSET_NUMBER, _OFFSET_MACHINE, _OFFSET_ARGUMENTS = 0, 4, 16

Code = list[tuple[int, int, int, int]]


def _answer_code(answer: Answer) -> Code:
    if isinstance(answer, Give):
        result = _RETURN_ALLOW if answer.error is None else _RETURN_ERRNO | answer.error
        return [(_RETURN, 0, 0, result)]
    if isinstance(answer, Ask):
        return [(_RETURN, 0, 0, _RETURN_ASK)]
    then, otherwise = _answer_code(answer.then), _answer_code(answer.otherwise)
    code: Code = [(_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * answer.argument + 4 * answer.high)]
    if answer.mask != 0xFFFFFFFF:
        code.append((_AND, 0, 0, answer.mask))
    for index, value in enumerate(answer.values):
        to_then = len(answer.values) - 1 - index
        code.append((_EQUAL, to_then, 0 if to_then else len(then), value))
    return code + then + otherwise


def _search(segments: list[tuple[int, Answer]]) -> Code:
    """Segments begin at a number and reach up to the next one."""
    if len(segments) == 1:
        return _answer_code(segments[0][1])
    middle = len(segments) // 2
    below, above = _search(segments[:middle]), _search(segments[middle:])
    return [(_AT_LEAST, 0, 1, segments[middle][0]), (_JUMP, 0, 0, len(below)), *below, *above]


def _segments(answers: dict[str, Answer]) -> list[tuple[int, Answer]]:
    numbered = {which: answer for name, answer in answers.items() if (which := number(name)) is not None}
    segments: list[tuple[int, Answer]] = [(0, numbered.get(0, MISSING))]
    for which in range(1, max(numbered) + 2):
        answer = numbered.get(which, MISSING)
        if answer != segments[-1][1]:
            segments.append((which, answer))
    return segments


@cache
def compile_filter(rules: FilterRules) -> ctypes.Array[ctypes.c_char]:
    """The filter's instructions; a call made in another machine's convention ends the program."""
    code: Code = [
        (_LOAD, 0, 0, _OFFSET_MACHINE),
        (_EQUAL, 1, 0, _AUDIT[os.uname().machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
        *_search(_segments(_answers(rules))),
    ]
    program = b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
    return ctypes.create_string_buffer(program, len(program))


def install(program: ctypes.Array[ctypes.c_char], *, listener: bool = False) -> int:
    """Lay the filter upon this process and all it will ever start; no_new_privileges comes before.

    Gives back the descriptor of its questions, if one is wanted.
    """
    own = program.raw.replace(struct.pack("=I", _OWN_PID), struct.pack("=I", os.getpid()))
    ctypes.memmove(program, own, len(own))
    header = struct.pack("=HxxxxxxQ", len(own) // 8, ctypes.addressof(program))
    return call("seccomp", _SET_FILTER, _NEW_LISTENER if listener else 0, header)
