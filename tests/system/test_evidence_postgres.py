"""The ledger of a store in PostgreSQL: read by gazettectl as from a file, and brought back with
all else by the database's own tools, as gazetted-nodes(7) tells."""
import json
import os
import subprocess
import unittest

from tests.system.gazetted import BUILD, article, environment
from tests.system.nodes import has_postgres
from tests.system.postgres import Cluster
from tests.system.test_partners import COUNTY, PORTAL, PartnerTest


class EvidenceInPostgres(PartnerTest):
    @classmethod
    def setUpClass(cls):
        if not has_postgres():
            raise unittest.SkipTest("built without libpq")
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)

    def init(self, uri):
        done = subprocess.run([os.path.join(BUILD, "gazetted"), "--store-init", "-o",
                               f"store.uri={uri}", "/"], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60, env=environment())
        self.assertEqual(done.returncode, 0, done.stdout)

    def node(self):
        """Of which county has an article, by a poll."""
        self.name = self.cluster.database()
        self.uri = self.cluster.uri(self.name)
        self.init(self.uri)
        node = self.partnered({"b.md": article("Two", id="tag:x,2026:2", source="青岑日报",
                                               body="X")}, options=[f"store.uri={self.uri}"])
        for name, token in (("county", COUNTY), ("portal", PORTAL)):
            self.assertEqual(self.fetch(node, f"/p/{name}/feed.json", token).status, 200)
        node.wait(lambda: len(json.loads(self.ctl(node, "--json", "who-has",
                                                  "tag:x,2026:2")[1] or "[]")) == 2, "rows")
        return node

    def ctl(self, node, *arguments, uri=None, config=True):
        path = os.path.join(node.room, "ctl.yaml")
        with open(path, "w") as file:
            file.write(f"articles: {{directory: {node.directory}}}\nstore: {{directory: "
                       f"{node.room}/state, uri: '{uri or self.uri}'}}\n")
        where = ["-c", path] if config else ["-s", os.path.join(node.room, "state")]
        done = subprocess.run([os.path.join(BUILD, "gazettectl"), *where, *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=60, env=environment())
        return done.returncode, done.stdout, done.stderr

    def test_it_is_read_as_from_a_file(self):
        node = self.node()
        status, output, errors = self.ctl(node, "ledger", "verify")
        self.assertEqual((status, errors), (0, ""), output)
        self.assertIn("findings=0", output)
        rows = json.loads(self.ctl(node, "--json", "who-has", "tag:x,2026:2")[1])
        self.assertEqual({(row["partner"], row["by"], row["level"]) for row in rows},
                         {("county", "poll", "full"), ("portal", "poll", "summary")})
        status, receipt, _ = self.ctl(node, "receipt", "county", "tag:x,2026:2")
        self.assertEqual(status, 0)
        self.assertIn("signature: ", receipt)
        self.assertEqual(self.ctl(node, "--json", "recalls")[:2], (0, "[]\n"))
        row = self.cluster.primary.sql("update gazetted.ledger set status = 500 where seq = "
                                       "(select min(seq) from gazetted.ledger where kind = 2) "
                                       "returning seq", self.name)
        status, output, _ = self.ctl(node, "ledger", "verify")
        self.assertEqual(status, 1)
        self.assertIn(f"row {row} ", output)
        self.cluster.primary.sql(f"delete from gazetted.ledger where seq = {row}", self.name)
        self.assertIn(f"row {row} was removed\n", self.ctl(node, "ledger", "verify")[1])

    def test_what_cannot_be_done_is_said(self):
        node = self.node()
        for config in (True, False):
            status, _, errors = self.ctl(node, "backup", os.path.join(node.room, "b"),
                                         config=config)
            self.assertEqual(status, 1)
            self.assertIn("pg_dump --format=custom --schema=gazetted", errors)
        status, _, errors = self.ctl(node, "ledger", "verify", config=False)
        self.assertEqual(status, 1)
        self.assertIn("gazettectl -c FILE", errors)
        status, _, errors = self.ctl(node, "ledger", "verify",
                                     uri=self.uri.replace(self.name, "nobody"))
        self.assertEqual(status, 1)
        self.assertIn("nobody", errors)

    def test_partners_are_told_to_come_back(self):
        """Who asks when the database has stopped answering, and who asks then."""
        node = self.node()
        self.cluster.primary.freeze()
        try:
            first = self.fetch(node, "/p/-/b.ninjs.json")  # before anybody knows of it
            self.assertEqual((first.status, first.header("Retry-After")), (503, "5"))
            node.wait_line("the store does not answer", seconds=60)
            second = self.fetch(node, "/p/-/b.ninjs.json")
            self.assertEqual((second.status, second.header("Retry-After")), (503, "5"))
            self.assertEqual(node.get("/p/-/b.ninjs.json").status, 401)
            self.assertEqual(self.fetch(node, "/p/county/feed.json").status, 200)  # at hand
        finally:
            self.cluster.primary.thaw()
        node.wait(lambda: self.fetch(node, "/p/-/b.ninjs.json").status == 200, "the article")

    def test_a_backup_is_brought_back(self):
        node = self.node()
        server, backup = self.cluster.primary, os.path.join(self.cluster.room, "backup")
        before = node.get("/feed.atom")
        # as the superuser of the tests; an operator's own would be the owner of the schema
        to = ["-h", server.address, "-p", str(server.port), "-U", "postgres"]
        server.run("pg_dump", *to, "--format=custom", "--schema=gazetted", f"--file={backup}",
                   self.name)
        node.stop()
        name = self.cluster.database()
        server.run("pg_restore", *to, "--no-owner", "--no-acl", f"--role={name}",
                   f"--dbname={name}", backup)
        uri = self.cluster.uri(name)
        self.init(uri)
        node.options = [o for o in node.options if not o.startswith("store.uri=")]
        node.options.append(f"store.uri={uri}")
        node.start()
        after = node.get("/feed.atom")
        self.assertEqual((after.body, after.header("ETag")), (before.body, before.header("ETag")))
        status, output, _ = self.ctl(node, "ledger", "verify", uri=uri)
        self.assertEqual(status, 0, output)
        self.assertEqual(self.ctl(node, "who-has", "tag:x,2026:2", uri=uri)[0], 0)


if __name__ == "__main__":
    unittest.main()
