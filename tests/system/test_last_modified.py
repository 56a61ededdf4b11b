"""Last-Modified: it never lies in the future and never moves back, and a reader that sends
nothing but If-Modified-Since misses no version, however quickly they follow each other."""
import email.utils
import time

from tests.system.gazetted import DEADLINE, FEEDS, SystemTest, article

ROUNDS = 30


def instant(answer, name):
    return email.utils.parsedate_to_datetime(answer.header(name)).timestamp()


class LastModified(SystemTest):
    def poll(self, gazetted, path, since=None):
        """An answer whose Last-Modified is not later than its own Date."""
        answer = gazetted.get(path, {"If-Modified-Since": since} if since else {})
        self.assertIn(answer.status, (200, 304))
        self.assertLessEqual(instant(answer, "Last-Modified"), instant(answer, "Date"))
        return answer

    def test_quick_changes_reach_who_only_sends_if_modified_since(self):
        gazetted = self.gazetted({"a.md": article("Number 0")})
        copies = {path: self.poll(gazetted, path) for path in FEEDS}
        for number in range(1, ROUNDS):
            title = f"Number {number}"
            gazetted.write("a.md", article(title))
            for path in FEEDS:
                def has_come():
                    old = copies[path]
                    answer = self.poll(gazetted, path, old.header("Last-Modified"))
                    self.assertGreaterEqual(instant(answer, "Last-Modified"),
                                            instant(old, "Last-Modified"))
                    if answer.status == 200:
                        copies[path] = answer
                    return title.encode() in copies[path].body
                gazetted.wait(has_come, f"{title} in {path}")

    def test_once_its_second_is_over_the_answer_is_304(self):
        gazetted = self.gazetted({"a.md": article("First")})
        for number in range(3):  # some of them within one second
            gazetted.write("a.md", article(f"Number {number}"))
            gazetted.wait_title(f"Number {number}")
        last = self.poll(gazetted, "/feed.atom")
        end = time.monotonic() + DEADLINE
        while last.status != 304 and time.monotonic() < end:
            time.sleep(0.1)
            last = self.poll(gazetted, "/feed.atom", last.header("Last-Modified"))
        self.assertEqual(last.status, 304)
        gazetted.restart()
        again = self.poll(gazetted, "/feed.atom", last.header("Last-Modified"))
        self.assertEqual(again.status, 304)
        self.assertEqual(again.header("Last-Modified"), last.header("Last-Modified"))
