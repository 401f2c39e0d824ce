# SPDX-License-Identifier: MIT
import sys
import unittest

from redoubt_vm.request import Request
from redoubt_vm.run import DIED, TIMED_OUT, Stream, run

REQUEST = Request(command="true", nonce="0123")

# Plays QEMU: writes to the console (stdout) and to the data port (a path).
GUEST = """
import sys, time
data = open(sys.argv[1], "wb", buffering=0)
exec(sys.argv[2])
"""


def play(script: str, timeout: float = 10, **more):
    def line(console: str, data: str) -> list[str]:
        assert console == "stdio"
        return [sys.executable, "-c", GUEST, data.removeprefix("file:"), script]

    return run(line, REQUEST, timeout, **more)


BEGIN = 'data.write(b"@redoubt-0123 begin\\n"); print("boot\\n@redoubt-0123 begin\\r", flush=True);'
END = 'data.write(b"@redoubt-0123 end 3\\n"); print("@redoubt-0123 end 3\\r", flush=True);'


class StreamTest(unittest.TestCase):
    def stream(self, *parts: bytes) -> Stream:
        stream = Stream(REQUEST, None)
        for part in parts:
            stream.feed(part)
        return stream

    def test_passes_on_what_is_between_the_markers(self) -> None:
        stream = self.stream(b"noise\n@redoubt-0123 begin\nhello@redoubt-0123 end 5\nmore")
        self.assertEqual(bytes(stream.content), b"hello")
        self.assertEqual(stream.status, 5)

    def test_any_cut_into_parts_gives_the_same(self) -> None:
        whole = b"x\n@redoubt-0123 begin\na@redoubt-9 end 1\nb\n@redoubt-0123 end 0\n"
        for cut in range(len(whole)):
            stream = self.stream(whole[:cut], whole[cut:])
            self.assertEqual(bytes(stream.content), b"a@redoubt-9 end 1\nb\n", cut)
            self.assertEqual(stream.status, 0)

    def test_byte_by_byte(self) -> None:
        whole = b"@redoubt-0123 begin\r\nab@redoubt-0123 end 17\r\n"
        stream = self.stream(*(bytes([byte]) for byte in whole))
        self.assertEqual((bytes(stream.content), stream.status), (b"ab", 17))


class RunTest(unittest.TestCase):
    def test_gives_the_commands_output_and_status(self) -> None:
        outcome = play(f'{BEGIN} data.write(b"out"); {END}')
        self.assertEqual((outcome.status, outcome.output, outcome.finished), (3, b"out", True))

    def test_a_machine_that_goes_away_has_died(self) -> None:
        outcome = play(f"{BEGIN} sys.exit(0)")
        self.assertEqual((outcome.status, outcome.finished), (DIED, False))

    def test_a_machine_that_hangs_is_ended(self) -> None:
        outcome = play(f"{BEGIN} time.sleep(60)", timeout=1)
        self.assertEqual(outcome.status, TIMED_OUT)
        self.assertLess(outcome.wall_seconds, 10)

    def test_a_torn_console_marker_does_not_matter(self) -> None:
        outcome = play(f'{BEGIN} data.write(b"@redoubt-0123 end 0\\n"); print("@redou[ 1.2] oops", flush=True)')
        self.assertEqual(outcome.status, 0)

    def test_stops_when_the_command_would_start(self) -> None:
        outcome = play(f"{BEGIN} time.sleep(60)", stop_at_begin=True)
        self.assertEqual(outcome.status, 0)
        self.assertLess(outcome.wall_seconds, 10)

    def test_counts_processor_time(self) -> None:
        outcome = play(f"{BEGIN}\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n{END}")
        self.assertGreater(outcome.cpu_seconds, 0.25)


if __name__ == "__main__":
    unittest.main()
