"""Rules of the tree that a compiler does not know: purity, layers, headers, manual pages."""
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("GAZETTED_BUILD", os.path.join(TOP, "build", "test"))

# What pure code may not call: I/O, the clock, the environment, randomness, processes, output,
# and the libraries that do such things. iconv, curl_url and libxml2 on memory are pure enough.
IMPURE = re.compile(r"""^(?:_*f?(?:open|openat|open64|creat|stat|lstat|stat64|access)(?:64)?|
    (?:__)?(?:p?read|readv|recv\w*|p?write|writev|send\w*|sendfile)(?:64)?(?:_chk)?|
    fopen\w*|fdopen|freopen|fread\w*|fwrite\w*|fgets\w*|fputs|fputc|fclose|fflush|getline|
    opendir|readdir\w*|scandir|mkdir|unlink|rename|mmap\w*|close|dup\w*|pipe2?|
    socket\w*|connect|bind|listen|accept4?|getaddrinfo|gethostby\w+|res_\w+|
    select|p?poll|epoll_\w+|inotify_\w+|ioctl|fcntl\w*|
    time|clock_gettime|gettimeofday|clock|localtime\w*|mktime|tzset|nanosleep|u?sleep|
    (?:secure_)?getenv|setenv|putenv|setlocale|rand\w*|s?random|getrandom|arc4random\w*|
    (?:__)?v?f?printf(?:_chk)?|puts|putchar|perror|syslog|stdout|stderr|stdin|
    fork|vfork|exec\w+|posix_spawn\w*|system|popen|kill|raise|signal|sigaction|exit|_exit|
    pthread_\w+|xml(?:Read|Ctxt[Rr]ead|Parse)File|html(?:Read|ParseF|CtxtRead)File|
    ev_\w+|curl_(?:easy|multi|global)_\w+|sqlite3_\w+|RAND_\w+|log_\w+|loop_\w+)$""", re.X)

# Which directories of daemon/ a directory may include from; a file where only that one is
# meant. The composition root (daemon/*.c) may include everything.
LAYERS = {
    "loop": set(),
    "net": set(),
    "watch": {"loop", "control/log.h"},
    "store": {"loop", "control/log.h"},
    "http": {"loop", "net", "control/log.h"},
    "hub": {"loop", "net", "store", "control/log.h"},
    "site": {"loop", "store", "http/snapshot.h", "control/log.h"},
    "control": {"loop", "site", "store", "hub", "http", "watch/names.h"},
}
# iconv opens files on its first use, which the parser's sandbox would refuse: the handles are
# opened by article_parse_init and kept.
STATE = {"feeds/charset.c": {"kept", "kept_more"}}
MAN_PAGES = ("config/gazetted.yaml.5", "feeds/gazetted-article.5",
             "daemon/gazetted.8", "daemon/gazettectl.8", "daemon/gazetted-nodes.7")
TEXT = (".c", ".h", ".py", ".md", ".sh", ".yaml", ".5", ".7", ".8", ".service", ".socket", ".timer",
        ".conf", ".supp")


def read(path):
    with open(os.path.join(TOP, path), errors="replace") as file:
        return file.read()


def sources(*patterns):
    found = [f for p in patterns for f in glob.glob(os.path.join(TOP, p), recursive=True)]
    return sorted(os.path.relpath(f, TOP) for f in found)


def tree():
    """Every text of ours; the test data is others' by design."""
    for directory, below, files in os.walk(TOP):
        below[:] = [d for d in below if d not in ("build", "__pycache__", "corpus", "node_modules")
                    and (not d.startswith(".") or d == ".ci")]
        for name in files:
            path = os.path.relpath(os.path.join(directory, name), TOP)
            if path == "compile_commands.json":
                continue
            if name.endswith(TEXT) or name in ("Makefile", "run", "LICENSE"):
                yield path


def includes(path):
    return re.findall(r'^#include "([^"]+)"', read(path), re.M)


def object_of(source):
    return os.path.join(BUILD, source[:-2] + ".o")


def symbols(source, *options):
    done = subprocess.run(["nm", *options, object_of(source)], stdout=subprocess.PIPE,
                          text=True, check=True)
    return [line.split()[-1] for line in done.stdout.splitlines()]


def run(program, *arguments):
    done = subprocess.run([os.path.join(BUILD, program), *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def dumped(*arguments):
    """The options that --dump prints: dotted key -> value."""
    status, text = run("gazetted", "--dump", *arguments)
    assert status == 0, text
    options, path = {}, []
    for line in text.splitlines():
        key, value = re.fullmatch(r" *([a-z_0-9]+):(?: (.*))?", line).groups()
        if not line.startswith(" ") and key in ("partners", "rights"):
            break
        path[(len(line) - len(line.lstrip())) // 2:] = [key]
        if value is not None:
            options[".".join(path)] = value
    return options


def uncommented_sample():
    """The sample with every option that is commented out in force."""
    return re.sub(r"^( *)#(?=[a-z_]+:|  )", r"\1", read("config/gazetted.yaml"), flags=re.M)


class Purity(unittest.TestCase):
    def pure(self):
        """feeds/, config/, and what says of itself in its header that it is pure."""
        found = sources("feeds/**/*.c", "config/*.c")
        for header in sources("daemon/**/*.h"):
            source = header[:-2] + ".c"
            head = read(header).split("*/", 1)[0]
            if re.search(r"\bpure\b", head, re.I) and os.path.exists(os.path.join(TOP, source)):
                found.append(source)
        return found

    def test_pure_code_calls_nothing_impure(self):
        pure = self.pure()
        self.assertGreater(len(pure), 10)
        for source in pure:
            with self.subTest(source):
                self.assertEqual([s for s in symbols(source, "-u") if IMPURE.match(s)], [])

    def test_pure_code_has_no_static_state(self):
        for source in self.pure():
            with self.subTest(source):
                done = subprocess.run(["objdump", "-t", object_of(source)], text=True,
                                      stdout=subprocess.PIPE, check=True)
                state = re.findall(r"^.* O \.(?:data|bss)(?:\.(?!rel\.ro)\S+)?\t\S+ (\S+)$",
                                   done.stdout, re.M)
                ours = {s.split(".")[0] for s in state
                        if not re.match(r"_*(asan|odr_asan|gcov)", s)}
                self.assertEqual(ours - STATE.get(source, set()), set())

    def test_the_rule_finds_what_it_should(self):
        self.assertTrue([s for s in symbols("daemon/control/file.c", "-u") if IMPURE.match(s)])
        for name in ("open", "open64", "read", "socket", "time", "getenv", "printf", "stdout",
                     "ev_timer_start", "curl_easy_perform", "curl_multi_perform",
                     "sqlite3_step", "__printf_chk", "clock_gettime", "xmlReadFile"):
            self.assertTrue(IMPURE.match(name), name)
        for name in ("snprintf", "__snprintf_chk", "curl_url_set", "xmlReadMemory", "strlen"):
            self.assertFalse(IMPURE.match(name), name)


class Layers(unittest.TestCase):
    def test_feeds_includes_feeds_only(self):
        for path in sources("feeds/**/*.[ch]"):
            with self.subTest(path):
                self.assertEqual([i for i in includes(path) if not i.startswith("feeds/")], [])

    def test_base_includes_base_only(self):
        for path in sources("feeds/base/*.[ch]"):
            with self.subTest(path):
                self.assertEqual([i for i in includes(path) if not i.startswith("feeds/base/")],
                                 [])

    def test_config_includes_config_and_base_only(self):
        for path in sources("config/*.[ch]"):
            with self.subTest(path):
                self.assertEqual([i for i in includes(path)
                                  if not i.startswith(("config/", "feeds/base/"))], [])

    def test_daemon_layers(self):
        paths = sources("daemon/*/*.[ch]")
        self.assertTrue(paths)
        for path in paths:
            layer = path.split("/")[1]
            with self.subTest(path):
                self.assertIn(layer, LAYERS)
                for included in includes(path):
                    self.assertTrue(included.startswith(("daemon/", "feeds/", "config/")),
                                    included)
                    parts = included.split("/")
                    if parts[0] != "daemon" or parts[1] == layer:
                        continue
                    allowed = parts[1] in LAYERS[layer] or "/".join(parts[1:]) in LAYERS[layer]
                    self.assertTrue(allowed, f"{path} includes {included}")

    def test_parts_do_not_read_the_configuration(self):
        """They are given values: only the root and the operator's program know it."""
        for path in sources("daemon/*/*.[ch]"):
            if path.startswith("daemon/control/"):
                continue
            with self.subTest(path):
                self.assertEqual([i for i in includes(path) if i.startswith("config/")], [])


class WithoutLibpq(unittest.TestCase):
    """`make LIBPQ=`: where libpq is not installed everything else builds and links."""

    def compile(self, source, room):
        flags = subprocess.run(["pkg-config", "--cflags", "libxml-2.0", "jansson", "yaml-0.1"],
                               stdout=subprocess.PIPE, text=True).stdout.split()
        out = os.path.join(room, source.replace("/", "_") + ".o")
        done = subprocess.run(
            ["gcc", "-std=c11", "-D_GNU_SOURCE", '-DGAZETTED_VERSION="0"', "-Wall", "-Wextra",
             "-Werror", "-I.", *flags, "-c", "-o", out, source], cwd=TOP, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.stdout, "", source)
        return out

    def test_what_asks_for_it_compiles(self):
        """And nothing else calls what only the backend for PostgreSQL has."""
        backend = sources("daemon/store/postgres*.c")
        asking = [s for s in sources("daemon/**/*.c", "tests/unit/*.c")
                  if "HAVE_LIBPQ" in read(s)]
        self.assertGreater(len(asking), 3)
        missing = set()
        with tempfile.TemporaryDirectory() as room:
            for source in asking:
                path = self.compile(source, room)
                found = subprocess.run(["nm", "-u", path], text=True, check=True,
                                       stdout=subprocess.PIPE).stdout
                missing |= set(found.split())
        theirs = {os.path.basename(source)[:-2] + ".o" for source in backend + asking}
        archive = subprocess.run(["nm", "-A", "-u", "libdaemon.a"], cwd=BUILD, text=True,
                                 check=True, stdout=subprocess.PIPE).stdout
        missing |= {line.split()[-1] for line in archive.splitlines()
                    if line.split(":")[1:] and line.split(":")[1] not in theirs}
        self.assertIn("store_open", missing)
        for source in backend:
            both = set(symbols(source, "--defined-only", "-g")) & missing
            self.assertEqual([name for name in both if not name.startswith("__")], [], source)


class Headers(unittest.TestCase):
    def compile(self, header):
        flags = subprocess.run(["pkg-config", "--cflags", "libxml-2.0", "jansson", "yaml-0.1",
                                "libpq"],
                               stdout=subprocess.PIPE, text=True).stdout.split()
        done = subprocess.run(
            ["gcc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Werror", "-fsyntax-only", "-I.",
             *flags, "-x", "c", "-"], input=f'#include "{header}"\n', cwd=TOP, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return header, done.stdout

    def test_each_compiles_alone(self):
        headers = sources("feeds/**/*.h", "config/*.h", "daemon/**/*.h", "tests/**/*.h")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for header, output in pool.map(self.compile, headers):
                with self.subTest(header):
                    self.assertEqual(output, "")

    def test_each_has_a_guard_of_its_own(self):
        seen = {}
        for header in sources("feeds/**/*.h", "config/*.h", "daemon/**/*.h"):
            guard = re.search(r"^#ifndef (\w+_H)\n#define \1\n", read(header), re.M)
            with self.subTest(header):
                self.assertIsNotNone(guard, "no guard")
                self.assertNotIn(guard.group(1), seen)
                seen[guard.group(1)] = header


class ManualPages(unittest.TestCase):
    def test_mandoc_has_nothing_to_say(self):
        for page in MAN_PAGES:
            with self.subTest(page):
                done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", page], cwd=TOP,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_every_option_is_described_and_no_other(self):
        options = dumped(TOP)
        self.assertGreater(len(options), 40)
        described = re.findall(r"^\.It Ic ([a-z_]+(?:\.[a-z_0-9]+)+) Ar",
                               read("config/gazetted.yaml.5"), re.M)
        self.assertEqual(sorted(described), sorted(options))

    def test_every_argument_is_described(self):
        for program in ("gazetted", "gazettectl"):
            status, usage = run(program, "--help")
            self.assertEqual(status, 0, usage)
            page = read(f"daemon/{program}.8")
            flags = re.findall(r"^  (?:-(-?\w+))", usage, re.M)
            self.assertGreater(len(flags), 3)
            for flag in flags:
                with self.subTest(program=program, flag=flag):
                    self.assertRegex(page, rf"(?m)^\.It Fl {flag}\b")

    def test_every_error_class_is_described_and_no_other(self):
        used = set()
        for path in glob.glob(os.path.join(TOP, "feeds", "*.c")) + \
                glob.glob(os.path.join(TOP, "daemon", "site", "*.c")) + \
                glob.glob(os.path.join(TOP, "daemon", "control", "check*.c")):
            with open(path) as file:
                used |= set(re.findall(r'(?:\.class = |refuse\w*\([^"();]*)"([a-z-]+)"',
                                       file.read()))
        self.assertIn("date-invalid", used)
        with open(os.path.join(TOP, "daemon", "gazettectl.8")) as file:
            section = file.read().split(".Sh ERROR CLASSES")[1].split(".Sh ")[0]
        self.assertEqual(set(re.findall(r"^\.It Cm (\S+)$", section, re.M)), used)

    def test_every_key_of_an_article_is_described_and_no_other(self):
        rows = read("feeds/fields.c").split("rows[] = {")[1].split("\n};")[0]
        keys = {key for row in re.findall(r"\{FIELD_[^{]*\{([^}]*)\}\}", rows)
                for key in re.findall(r'"([^"]+)"', row)}
        self.assertIn("publishDate", keys)
        section = read("feeds/gazetted-article.5").split(".Sh FIELDS")[1].split(".Sh ")[0]
        told = {word for line in re.findall(r"^\.It Cm (.*)$", section, re.M)
                for word in line.split() if word not in ("No", "+", ",")}
        self.assertEqual(told, keys)
        below = re.findall(r"\{FIELD_\w+, \w+, true, \w+,\s*\{([^}]*)\}\}", rows)
        cascading = {key for row in below for key in re.findall(r'"([^"]+)"', row)}
        marked = {word for line in re.findall(r"^\.It Cm (.*) No \+$", section, re.M)
                  for word in line.split()}
        self.assertEqual(marked, cascading)

    def test_every_verb_is_described_and_completed(self):
        """The usage is what the program says of itself."""
        usage = run("gazettectl", "--help")[1]
        verbs = re.findall(r"^  ([a-z][a-z-]+) ", usage, re.M)
        self.assertGreater(len(verbs), 9)
        page = read("daemon/gazettectl.8").split(".Sh ERROR CLASSES")[0]
        self.assertEqual(sorted(set(re.findall(r"^\.It Cm ([a-z-]+)", page, re.M))),
                         sorted(verbs))
        for completion in ("gazettectl.bash", "_gazettectl"):
            text = read(f"daemon/control/{completion}")
            for verb in verbs + re.findall(r"^  (--?[a-z]+)", usage, re.M):
                with self.subTest(completion=completion, verb=verb):
                    self.assertRegex(text, rf"(?<![\w-]){verb}(?![\w-])")

    def test_the_sample_shows_every_default(self):
        given = {"articles.directory", "site.base_url", "store.directory", "admin.socket"}
        defaults = dumped(TOP)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(uncommented_sample())
            file.flush()
            status, output = run("gazetted", "-tc", file.name)
            self.assertEqual(status, 0, output)
            sample = dumped("-c", file.name)
        for key, value in defaults.items():
            with self.subTest(key):
                self.assertIn(key.rsplit(".", 1)[1] + ":", uncommented_sample())
                if key not in given:
                    self.assertEqual(sample[key], value)


@unittest.skipIf(shutil.which("systemd-analyze") is None, "systemd-analyze is not installed")
class Units(unittest.TestCase):
    """systemd(1)'s own judgement of the units."""

    def analyze(self, *arguments):
        done = subprocess.run(["systemd-analyze", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def test_they_are_understood(self):
        with tempfile.TemporaryDirectory() as room:
            units = [os.path.basename(u) for u in sources("systemd/*.service", "systemd/*.socket",
                                                          "systemd/*.timer")]
            self.assertGreater(len(units), 3)
            for unit in units:
                # the programs and manual pages are not installed here
                text = re.sub(r"/usr/bin/gazette(d|ctl)\b", "/bin/true", read(f"systemd/{unit}"))
                with open(os.path.join(room, unit), "w") as file:
                    file.write(re.sub(r"(?m)^Documentation=.*\n", "", text))
            status, output = self.analyze("verify", *(os.path.join(room, u) for u in units))
            self.assertEqual((status, output), (0, ""))

    def test_exposure(self):
        """Tenths: 1.1 with deliveries; 0.2 without, and for the backup."""
        service = read("systemd/gazetted.service")
        for name, text, most in (("gazetted", service, 11),
                                 ("publish-only", service + read("systemd/publish-only.conf"), 2),
                                 ("backup", read("systemd/gazetted-backup.service"), 2)):
            with self.subTest(name), tempfile.TemporaryDirectory() as room:
                path = os.path.join(room, "x.service")
                with open(path, "w") as file:
                    file.write(text)
                status, output = self.analyze("security", "--offline=true",
                                              f"--threshold={most}", path)
                self.assertEqual(status, 0, output)


class Guide(unittest.TestCase):
    def test_every_place_it_names_is_there(self):
        named = re.findall(r"`((?:config|daemon|feeds|tests)/[\w./*-]+)`", read("CONTRIBUTING.md"))
        self.assertGreater(len(named), 50)
        for path in named:
            with self.subTest(path):
                self.assertTrue(sources(re.sub("[A-Z]{4,}", "*", path)))

    def test_it_leads_into_every_part_of_the_daemon(self):
        text = read("CONTRIBUTING.md")
        parts = {os.path.dirname(f) for f in sources("daemon/*/*.c")} - {"daemon/net"}
        self.assertEqual([part for part in parts if f"`{part}/" not in text], [])


class Requirements(unittest.TestCase):
    def test_each_of_the_hub_has_its_test(self):
        """Those that the hub is written from are numbered; see tests/system/test_websub.py."""
        runs = [run for f in sources("tests/unit/test_hub*.c", "tests/system/test_websub.py")
                for run in re.findall(r"(?m)^(?:TEST\(|    def test_)req_((?:\d\d_)+)", read(f))]
        tested = {int(n) for run in runs for n in run.split("_") if n}
        self.assertEqual(sorted(tested), list(range(1, 42)))


class Texts(unittest.TestCase):
    def test_lines_fit(self):
        """STYLE says 90 columns; past 100 nobody can have meant it."""
        for path in tree():
            long = [f"{path}:{n}" for n, line in enumerate(read(path).splitlines(), 1)
                    if len(line.expandtabs(8)) > 100]
            if not path.endswith(".md"):
                with self.subTest(path):
                    self.assertEqual(long, [])

    def test_no_path_of_one_machine(self):
        machine = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/")
        for path in tree():
            with self.subTest(path):
                self.assertEqual(machine.findall(read(path)), [])

    def test_lines_end_cleanly(self):
        for path in tree():
            text = read(path)
            with self.subTest(path):
                self.assertTrue(text.endswith("\n") or not text)
                self.assertEqual(re.findall(r"[ \t]+\n", text), [])


if __name__ == "__main__":
    unittest.main()
