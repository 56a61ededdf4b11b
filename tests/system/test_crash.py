"""A few rounds of tests/system/crash.py, and one fan-out that no kill disturbs."""
import unittest

from tests.system.crash import Crash


class KillNine(unittest.TestCase):
    def test_nothing_is_lost_and_little_is_repeated(self):
        crash = Crash(subs=1500, in_flight=32, seed=4)
        self.addCleanup(crash.close)
        crash.run(rounds=4)

    def test_with_a_clock_that_jumps(self):
        crash = Crash(subs=600, in_flight=32, seed=6, jumps=True)
        self.addCleanup(crash.close)
        crash.run(rounds=3)
        crash.jump()
        crash.server.wait_line("hub: the clock was set")  # looked at every 5 s

    def test_without_a_kill_each_gets_it_once(self):
        crash = Crash(subs=600, in_flight=32, seed=1)
        self.addCleanup(crash.close)
        crash.server.start()
        crash.publish()
        crash.wait_all()
        self.assertEqual(crash.extra(), 0)
        crash.server.stop()
        crash.read()
        self.assertEqual(crash.extra(), 0)
