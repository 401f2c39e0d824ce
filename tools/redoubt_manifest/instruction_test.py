# SPDX-License-Identifier: MIT
import unittest

from redoubt_manifest.instruction import Undecodable, decode

# Each is one whole instruction, as an assembler made it.
WHOLE = """
    90  f390  4190  6690  0f1f00  0f1f440000  66662e0f1f840000000000  cc  c3  c20800  f4  0f0b  0fb9cc  0faee8  0f01ca
    f30f1efa  e801000000  e9ffffffff  eb05  7405  0f8400000000  2ee800000000  ff15deadbeef  ff142578563412  41ffd3  ffe0
    48b8efcdab8967452301  b878563412  66b83412  b001  48c7c0ffffffff  c705000000000a000000  66c744240a3412  6a01  6878563412
    480fc7f0  0f00d8  f6c401  f6d0  f7c300010000  f7d8  66f7c30100  4881bc24880000008036ca81  65488905464a977c
    f0480fb115000000ff  488d7c2408  4883c410  d1e0  c1e80c  a4  f3a4  a9ff000000  660f3a0fc108  660f3800c1  c5f877  c4e279c4
    48a17856341200000000  e460  c8100001  6bc003  69c000010000  0fba2b07  0fa4c208  c9
""".split()


class InstructionTest(unittest.TestCase):
    def test_lengths(self) -> None:
        for text in WHOLE:
            code = bytes.fromhex(text)
            if text == "c4e279c4":  # a VEX prefix and its opcode, without the rest
                self.assertRaises(Undecodable, decode, code)
                continue
            self.assertEqual(decode(code + b"\x90" * 8).length, len(code), text)
            for length in range(len(code)):
                with self.assertRaises(Undecodable, msg=text):
                    decode(code[:length])

    def test_relative_fields(self) -> None:
        call = decode(bytes.fromhex("e801000000"))
        self.assertTrue(call.is_branch)
        self.assertEqual((call.immediate_at, call.immediate_bytes), (1, 4))
        store = decode(bytes.fromhex("65488905464a977c"))
        self.assertTrue(store.is_relative)
        self.assertEqual((store.displacement_at, store.displacement_bytes), (4, 4))
        self.assertFalse(decode(bytes.fromhex("ff142578563412")).is_relative)
        both = decode(bytes.fromhex("c705000000000a000000"))
        self.assertEqual((both.displacement_at, both.immediate_at, both.immediate_bytes), (2, 6, 4))

    def test_what_the_kernel_takes_for_no_operation(self) -> None:
        for text, expected in (("90", True), ("6690", True), ("f390", False), ("0f1f4000", True), ("0f18c8", False), ("cc", False)):
            self.assertEqual(decode(bytes.fromhex(text)).is_nop, expected, text)

    def test_unknown_is_not_guessed(self) -> None:
        for text in ("06", "9a00000000", "62f1650872c310", "d6", "c5"):
            with self.assertRaises(Undecodable):
                decode(bytes.fromhex(text))


if __name__ == "__main__":
    unittest.main()
