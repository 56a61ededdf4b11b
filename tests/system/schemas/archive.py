"""The archive of the databases here: a few articles with a past, and who has subscribed."""
import os
import subprocess

from tests.system.gazetted import BUILD, article

OPTIONS = ["hub.retry.first=1h", "hub.retry.max=1h", "feeds.window=10", "http.max_age=60s",
           "site.authority=news.example"]

FILES = {
    "plain.md": article("Plain"),
    "named.md": article("Named", id="urn:uuid:5b1c7f0e-6a1d-4a6e-9b1a-0c1e5f0a7d11"),
    "news/edited.md": article("Edited once", date="2026-05-02T10:00:00+08:00"),
    "news/old-name.md": article("Moved", date="2026-05-03T10:00:00+08:00"),
    "news/broken.md": article("Broken later", date="2026-05-04T10:00:00+08:00"),
    "gone.md": article("Gone", date="2026-05-05T10:00:00+08:00"),
    "held.md": article("Held", date="2026-05-06T10:00:00+08:00"),
}
LAST = "Last"  # what is published when everybody has subscribed


def live(daemon, sink):
    """What happened to it before the update; SINK answers for every subscriber."""
    daemon.write("news/edited.md", article("Edited twice", date="2026-05-02T10:00:00+08:00"))
    daemon.wait_title("Edited twice")
    daemon.delete("news/old-name.md")
    daemon.write("news/new-name.md", FILES["news/old-name.md"])
    daemon.wait(lambda: daemon.item("Moved") and not os.path.exists(
        daemon.path("news/old-name.md")), "the move")
    daemon.write("news/broken.md", "---\ntitle: [\n---\n")
    daemon.wait_line(r"broken\.md:")
    daemon.delete("gone.md")
    daemon.wait_no_title("Gone")
    # a program that does not know the verb says so, and the article stays
    subprocess.run([os.path.join(BUILD, "gazettectl"), "-s",
                    os.path.join(daemon.directory, ".gazetted"), "hold", "held.md"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    daemon.subscribe(sink, name="/signed", secret="s3cret")
    daemon.subscribe(sink, path="/c/news/feed.json", name="/plain")
    sink.status = 503
    daemon.write("last.md", article(LAST, date="2026-05-07T10:00:00+08:00"))
    daemon.wait_title(LAST)
    sink.wait_delivery(lambda delivery: delivery.path == "/signed")
    sink.status = 204


def files_now():
    """The files as they are after `live`."""
    files = dict(FILES)
    files["news/edited.md"] = article("Edited twice", date="2026-05-02T10:00:00+08:00")
    files["news/new-name.md"] = files.pop("news/old-name.md")
    files["news/broken.md"] = "---\ntitle: [\n---\n"
    del files["gone.md"]
    files["last.md"] = article(LAST, date="2026-05-07T10:00:00+08:00")
    return files
