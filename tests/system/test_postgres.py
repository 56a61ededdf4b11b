"""The servers that tests of several nodes are run against: that an acknowledged row is on a
standby, and that a promoted standby has it."""
import unittest

from tests.system.postgres import Cluster


class PostgresTest(unittest.TestCase):
    def test_one_server_with_a_database_for_each(self):
        cluster = Cluster()
        self.addCleanup(cluster.close)
        first, second = cluster.database(), cluster.database()
        cluster.primary.sql("create table t (n int); insert into t values (1)", first)
        self.assertEqual(cluster.primary.sql("select n from t", first), "1")
        self.assertNotEqual(first, second)
        self.assertIn(f"{cluster.primary.address}:{cluster.primary.port}/{first}",
                      cluster.uri(first))

    def test_what_is_committed_survives_the_primary(self):
        cluster = Cluster(3)
        self.addCleanup(cluster.close)
        name, old = cluster.database(), cluster.primary
        old.sql("create table t (n int); insert into t select generate_series(1, 1000)", name)
        old.kill()
        cluster.promote()
        self.assertEqual(cluster.primary.sql("select count(*) from t", name), "1000")
        cluster.primary.sql("insert into t values (0)", name)  # the third is synchronous now


if __name__ == "__main__":
    unittest.main()
