/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_TAP_H
#define REDOUBT_TAP_H

/*
 * Results as Linux, Documentation/dev-tools/ktap.rst has them; exit statuses as kselftest.
 *
 *	int main(void)
 *	{
 *		check(1 + 1 == 2, "one and one are %d", 2);
 *		return tap_end();
 *	}
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAP_SKIP 4

#define TAP_UNUSED __attribute__((unused))

static int tap_count;
static int tap_failed;

/* Said after the result it explains. */
TAP_UNUSED __attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	va_list arguments;

	fputs("# ", stdout);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

/* One result, named by the format. Returns whether it is ok. */
TAP_UNUSED __attribute__((format(printf, 2, 3))) static bool check(bool ok, const char *format, ...)
{
	va_list arguments;

	tap_count++;
	tap_failed += !ok;
	printf("%sok %d ", ok ? "" : "not ", tap_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);

	return ok;
}

/* Compares, and says both numbers if they differ. */
#define check_equal(actual, expected, ...)                                                    \
	({                                                                                    \
		unsigned long long tap_actual = (unsigned long long)(actual);                 \
		unsigned long long tap_expected = (unsigned long long)(expected);             \
		bool tap_ok = check(tap_actual == tap_expected, __VA_ARGS__);                 \
		if (!tap_ok)                                                                  \
			note("0x%llx instead of 0x%llx (line %d)", tap_actual, tap_expected, \
			     __LINE__);                                                       \
		tap_ok;                                                                       \
	})

TAP_UNUSED static void check_skip(const char *name, const char *why)
{
	printf("ok %d %s # SKIP %s\n", ++tap_count, name, why);
	fflush(stdout);
}

/* The whole program has nothing to test here. */
TAP_UNUSED __attribute__((noreturn)) static void skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(TAP_SKIP);
}

/* The test cannot go on. */
TAP_UNUSED __attribute__((noreturn, format(printf, 1, 2))) static void bail_out(const char *format,
										  ...)
{
	va_list arguments;

	fputs("Bail out! ", stdout);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	exit(1);
}

/* The plan comes last. To be returned from main. */
TAP_UNUSED static int tap_end(void)
{
	printf("1..%d\n", tap_count);

	return tap_failed ? 1 : 0;
}

#endif
