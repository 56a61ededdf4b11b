"""A systemd that runs as process 1 of namespaces: booted, entered and ended. Needs root, control
groups (of the second version alone, or of both), and a tree made once by mmdebstrap."""
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
ROOT = os.environ.get("GAZETTED_BOOT_ROOT", os.path.join(TOP, "build", "boot-root"))
PACKAGES = """systemd,systemd-sysv,dbus,curl,python3-minimal,iproute2,adduser,tzdata,
ca-certificates,libbrotli1,libcurl4,libev4,libjansson4,libmd4c0,libpq5,libqrencode4,libseccomp2,
libsqlite3-0,libssl3,libutf8proc2,libxml2,libyaml-0-2,zlib1g""".replace("\n", "")


def groups():
    """Where this machine has its control groups, or where GAZETTED_BOOT_GROUPS says."""
    given = os.environ.get("GAZETTED_BOOT_GROUPS")
    if given:
        return given.split()
    is_pure = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    return ["."] if is_pure else ["unified", "systemd", "memory", "pids"]


GROUPS = groups()


def why_not():
    """Why no machine can be booted here; None when it can."""
    if os.geteuid() != 0:
        return "it needs root"
    for hierarchy in GROUPS:
        path = f"/sys/fs/cgroup/{hierarchy}"
        if not os.path.isdir(path) or not os.access(path, os.W_OK):
            return f"{path} is not there, or may not be written"
    done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--net", "--cgroup", "true"],
                          stderr=subprocess.PIPE, text=True)
    if done.returncode:
        return f"namespaces are not to be had: {done.stderr.strip()}"
    return None if os.path.isdir(ROOT) else make_root()


def make_root():
    """Makes the tree; returns why that failed."""
    if shutil.which("mmdebstrap") is None:
        return f"there is no tree {ROOT}, and mmdebstrap, which makes it, is not installed"
    sources = b""
    for path in ("/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources"):
        if os.path.exists(path):
            with open(path, "rb") as file:
                sources += file.read() + b"\n"
    os.makedirs(os.path.dirname(ROOT), exist_ok=True)
    done = subprocess.run(
        ["mmdebstrap", "--variant=minbase", '--aptopt=APT::Sandbox::User "root"',
         f"--include={PACKAGES}", "bookworm", ROOT, "-"], input=sources,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        shutil.rmtree(ROOT, ignore_errors=True)
        return "mmdebstrap failed:\n" + done.stdout.decode(errors="replace")[-2000:]
    return None


class Machine:
    def __init__(self, share):
        self.name, self.share = f"gazetted-boot-{os.getpid()}", share
        self.process = subprocess.Popen([os.path.join(HERE, "boot.sh"), ROOT, self.name, share],
                                        env={**os.environ,
                                             "GAZETTED_BOOT_GROUPS": " ".join(GROUPS)},
                                        stdin=subprocess.DEVNULL)
        self.pid = self.wait(self.find_init, "process 1", 10)
        self.wait(lambda: self.run("systemctl", "is-system-running", check=False)
                  .stdout.strip() in ("running", "degraded"), "the system", 30)

    def wait(self, predicate, what, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = predicate()
            if value:
                return value
            if self.process.poll() is not None:
                raise AssertionError(f"the machine ended: {self.process.returncode}")
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds} s for {what}")

    def find_init(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path) as file:
            children = file.read().split()
        if not children:
            return None
        with open(f"/proc/{children[0]}/comm") as file:
            return int(children[0]) if file.read().strip() == "systemd" else None

    def enter(self, *command, network_only=False):
        kinds = ["-n"] if network_only else ["-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w"]
        return ["nsenter", "-t", str(self.pid), *kinds, "--", *command]

    def run(self, *command, check=True):
        done = subprocess.run(self.enter("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                         "TERM=dumb", "LC_ALL=C.UTF-8", *command),
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=120)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n"
                                 + self.journal())
        return done

    def shell(self, script, check=True):
        return self.run("sh", "-ec", script, check=check)

    def journal(self, unit="gazetted.service"):
        return self.run("journalctl", "-q", "-n", "40", "-o", "cat", "-u", unit,
                        check=False).stdout

    def show(self, unit, key):
        return self.run("systemctl", "show", "-P", key, unit).stdout.strip()

    def host_pid(self, unit="gazetted.service"):
        """The unit's main process as this process's namespace numbers it."""
        inner = self.show(unit, "MainPID")
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/status") as file:
                    ns = [line for line in file if line.startswith("NSpid:")][0].split()[1:]
                if len(ns) == 2 and ns[1] == inner and \
                        os.stat(f"/proc/{pid}/ns/pid").st_ino == \
                        os.stat(f"/proc/{self.pid}/ns/pid").st_ino:
                    return int(pid)
            except (OSError, IndexError):
                continue
        raise AssertionError(f"no process {inner} of {unit}")

    def close(self):
        if self.process.poll() is None:
            self.run("systemctl", "poweroff", "--force", "--force", check=False)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for hierarchy in GROUPS:
            top = f"/sys/fs/cgroup/{hierarchy}/{self.name}"
            for path, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(path)
                except OSError as err:
                    print(f"left over: {path}: {err}", file=sys.stderr)
