# SPDX-License-Identifier: MIT
import unittest

from lint import (
    allowed_headers,
    clang_tidy,
    file_length,
    folder_size,
    include_direction,
    licence_line,
    ratchets,
    safety_comments,
)
from lint.tree import Source


class IncludeDirectionTest(unittest.TestCase):
    def findings(self, path: str, included: str, *others: str) -> list[str]:
        return include_direction.check([Source(path, f'#include "{included}"\n'), *(Source(name, "") for name in others)])

    def test_downwards_is_allowed(self) -> None:
        self.assertEqual(self.findings("vtl1/mm/a.cpp", "base/b.h", "base/b.h"), [])
        self.assertEqual(self.findings("hvcall/a.h", "hvcall/abi/b.h", "hvcall/abi/b.h"), [])

    def test_upwards_and_sideways_are_not(self) -> None:
        self.assertEqual(len(self.findings("base/a.h", "vtl1/b.h", "vtl1/b.h")), 1)
        self.assertEqual(len(self.findings("vtl1/a.h", "hypervisor/b.h", "hypervisor/b.h")), 1)
        self.assertEqual(len(self.findings("vtl0_driver/a.c", "hvcall/b.h", "hvcall/b.h")), 1)

    def test_a_path_starts_at_the_root(self) -> None:
        self.assertEqual(len(self.findings("vtl1/mm/a.cpp", "b.h", "vtl1/mm/b.h")), 1)
        self.assertEqual(self.findings("vtl0_driver/a.c", "b.h", "vtl0_driver/b.h"), [])
        self.assertEqual(self.findings("vtl0_driver/a.c", "generated.h"), [])
        self.assertEqual(self.findings("vtl1/a.cpp", "build/keys/operator_key.h"), [])
        self.assertEqual(len(self.findings("vtl1/a.cpp", "build/keys/other.h")), 1)
        self.assertEqual(self.findings("selftests/vm/a.h", "module/b.h", "selftests/vm/module/b.h"), [])

    def test_only_tests_include_tests(self) -> None:
        self.assertEqual(len(self.findings("vtl1/a.cpp", "selftests/f.h", "selftests/f.h")), 1)
        self.assertEqual(self.findings("vtl1/a_test.cpp", "selftests/f.h", "selftests/f.h"), [])


class AllowedHeadersTest(unittest.TestCase):
    def test_headers(self) -> None:
        text = "#include <span>\n#include <string>\n"
        self.assertEqual(len(allowed_headers.check([Source("base/a.h", text)])), 1)
        self.assertEqual(allowed_headers.check([Source("base/a_test.cpp", text)]), [])

    def test_one_file_knows_the_library(self) -> None:
        text = "#include <mbedtls/ecdsa.h>\n"
        self.assertEqual(allowed_headers.check([Source("vtl1/crypto/mbedtls.h", text)]), [])
        self.assertEqual(len(allowed_headers.check([Source("vtl1/crypto/sha2.cpp", text)])), 1)
        self.assertEqual(len(allowed_headers.check([Source("vtl1/crypto/mbedtls.h", "#include <vector>\n")])), 1)


class SafetyCommentsTest(unittest.TestCase):
    def findings(self, text: str) -> list[str]:
        return safety_comments.check([Source("vtl1/a.cpp", text)])

    def test_missing(self) -> None:
        self.assertEqual(len(self.findings('void f() {\n    asm volatile("cli");\n}\n')), 1)
        self.assertEqual(len(self.findings("auto p = reinterpret_cast<int*>(x);\n")), 1)
        self.assertEqual(len(self.findings("int x;  // NOLINT(check)\n")), 1)

    def test_a_suppressed_warning_may_carry_its_reason(self) -> None:
        self.assertEqual(self.findings("// NOLINTNEXTLINE(some-check): the name is the ABI's.\nint X;\n"), [])

    def test_present(self) -> None:
        self.assertEqual(self.findings('// SAFETY: interrupts are off already.\nasm("cli");\n'), [])
        self.assertEqual(self.findings("// SAFETY: the address was checked\n// above.\nauto p = reinterpret_cast<int*>(x);\n"), [])

    def test_an_empty_line_ends_its_reach(self) -> None:
        self.assertEqual(len(self.findings('// SAFETY: for the other.\nint x;\n\nasm("cli");\n')), 1)

    def test_words_in_comments_and_strings_do_not_count(self) -> None:
        self.assertEqual(self.findings('// volatile\n/* asm\n reinterpret_cast */ const char* s = "asm";\n'), [])


class OtherRulesTest(unittest.TestCase):
    def test_length(self) -> None:
        self.assertEqual(len(file_length.check([Source("vtl1/a.cpp", "x\n" * 401)])), 1)
        self.assertEqual(file_length.check([Source("vtl1/a.cpp", "x\n" * 400), Source("hvcall/abi/t.h", "x\n" * 900)]), [])

    def test_folder_size_counts_code(self) -> None:
        text = "int a;\n\n// b\n/* c\n d */\n  int e;  // f\n"
        sources = [Source("hypervisor/a.cpp", text), Source("hypervisor/a_test.cpp", text), Source("vtl1/a.cpp", text)]
        self.assertEqual(folder_size.count(sources, ("hypervisor",)), 2)
        many = Source("hypervisor/b.h", "int x;\n" * 9_999)
        self.assertEqual(len(folder_size.check([*sources, many])), 1)

    def test_licence(self) -> None:
        self.assertEqual(len(licence_line.check([Source("a.py", "pass\n")])), 1)
        self.assertEqual(licence_line.check([Source("a.py", "#!/bin/sh\n# SPDX-License-Identifier: MIT\n"), Source("b", "")]), [])

    def test_ratchet_counts_code_not_comments(self) -> None:
        source = Source("vtl1/a.cpp", "a.raw(); b.raw();  // .raw()\n// TODO(#1): x\n")
        self.assertEqual(ratchets.count([source]), {"vtl1": {"raw": 2, "TODO": 1}})

    def test_ratchet_rises_only_by_its_file(self) -> None:
        self.assertEqual(len(ratchets.compare({"vtl1": {"raw": 2}}, {"vtl1": {"raw": 1}})), 1)
        self.assertEqual(ratchets.compare({"vtl1": {"raw": 1}}, {"vtl1": {"raw": 2}}), [])

    def test_tidy_looks_again_when_an_included_file_changes(self) -> None:
        one, two = Source("vtl1/a.cpp", '#include "base/b.h"\n'), Source("base/b.h", '#include "base/c.h"\n')
        three = Source("base/c.h", "")
        by_path = {source.path: source for source in (one, two, three)}
        self.assertEqual([source.path for source in clang_tidy.closure(one, by_path)], ["base/b.h", "base/c.h", "vtl1/a.cpp"])

    def test_a_digit_separator_is_no_literal(self) -> None:
        source = Source("vtl1/a.cpp", "auto x = 1'000; asm(); auto y = 2'000;\n")
        self.assertIn("asm", source.code_lines[0])


if __name__ == "__main__":
    unittest.main()
