"""Headless Chromium over its debugging pipe (the Chrome DevTools Protocol, a JSON message
between NULs each way): no driver and no package besides the browser. One Browser per test
class, one Page per look."""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

DEADLINE = 120.0  # machines that build at the same time are slow
PROGRAM = shutil.which(os.environ.get("CHROMIUM", "chromium"))
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe")
DESKTOP, PHONE = (1280, 900), (390, 844)


def spare(descriptor):
    """DESCRIPTOR moved out of the way of 3 and 4, which the browser speaks on."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved


class Browser:
    def __init__(self):
        self.room = tempfile.mkdtemp(prefix="gazetted-browser.")
        child_in, self.to = map(spare, os.pipe())
        self.back, child_out = map(spare, os.pipe())

        def wire():
            os.dup2(child_in, 3)
            os.dup2(child_out, 4)

        self.log = open(os.path.join(self.room, "log"), "wb")
        self.process = subprocess.Popen(
            [PROGRAM, *FLAGS, f"--user-data-dir={self.room}/profile", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, pass_fds=(3, 4),
            preexec_fn=wire)
        os.close(child_in)
        os.close(child_out)
        self.bytes, self.events, self.last = b"", [], 0

    def receive(self, end):
        while b"\0" not in self.bytes:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                raise AssertionError(f"the browser did not answer in {DEADLINE} s")
            more = os.read(self.back, 1 << 20)
            if not more:
                raise AssertionError("the browser is gone")
            self.bytes += more
        message, self.bytes = self.bytes.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + DEADLINE
        while True:
            answer = self.receive(end)
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def wait(self, session, method, predicate=lambda params: True):
        """The first event METHOD of SESSION from now on that PREDICATE accepts."""
        end = time.monotonic() + DEADLINE
        seen = len(self.events)
        while True:
            for event in self.events[seen:]:
                if event["method"] == method and event.get("sessionId") == session and \
                        predicate(event["params"]):
                    return event["params"]
            seen = len(self.events)
            self.events.append(self.receive(end))

    def page(self, size=DESKTOP, scheme="light", language="zh-CN", headers=()):
        return Page(self, size, scheme, {"Accept-Language": language, **dict(headers)})

    def close(self):
        try:
            self.call("Browser.close")
        except (AssertionError, OSError):
            self.process.kill()
        self.process.wait(DEADLINE)
        os.close(self.to)
        os.close(self.back)
        self.log.close()
        shutil.rmtree(self.room, ignore_errors=True)


class Page:
    def __init__(self, browser, size, scheme, headers):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target,
                                    flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(domain + ".enable")
        self.call("Network.setExtraHTTPHeaders", headers=headers)
        self.look(size, scheme)
        self.first = len(browser.events)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def look(self, size, scheme, media=""):
        self.call("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1],
                  deviceScaleFactor=1, mobile=size[0] < 600)
        self.call("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def go(self, url):
        self.first = len(self.browser.events)
        answer = self.call("Page.navigate", url=url)
        assert not answer.get("errorText"), f"{url}: {answer}"
        self.wait_loaded()

    def wait_loaded(self):
        for event in self.events("Page.loadEventFired"):
            return
        self.browser.wait(self.session, "Page.loadEventFired")

    def events(self, method):
        return [e["params"] for e in self.browser.events[self.first:]
                if e["method"] == method and e.get("sessionId") == self.session]

    def run(self, script):
        """The value of SCRIPT, an expression, in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        assert "exceptionDetails" not in answer, f"{script}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def key(self, key, code=0):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code)

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left",
                      clickCount=1)

    def requests(self):
        return [e["request"]["url"] for e in self.events("Network.requestWillBeSent")]

    def complaints(self):
        """What a console would show: errors, warnings, refused and failed requests."""
        found = [e["entry"]["text"] + " " + e["entry"].get("url", "")
                 for e in self.events("Log.entryAdded")]
        found += [json.dumps(e["args"]) for e in self.events("Runtime.consoleAPICalled")]
        found += [str(e["exceptionDetails"]) for e in self.events("Runtime.exceptionThrown")]
        found += [f"{e.get('blockedReason', '')} {e['errorText']}"
                  for e in self.events("Network.loadingFailed")]
        found += [e["issue"]["code"] for e in self.events("Audits.issueAdded")]
        return found

    def picture(self, path, whole=True):
        data = self.call("Page.captureScreenshot", format="png",
                         captureBeyondViewport=whole)["data"]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
