/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_TEST_JSON_H
#define REDOUBT_TEST_JSON_H

/* Just enough of JSON (RFC 8259) to judge what `redoubt --json` prints. */

#include <ctype.h>

#include "tap.h"

TAP_UNUSED static const char *json_space(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static const char *json_value(const char *at);

/* Each returns what follows, or NULL if it is malformed. */
static const char *json_string(const char *at)
{
	if (*at++ != '"')
		return NULL;
	while (*at != '"') {
		if ((unsigned char)*at < 0x20)
			return NULL;
		if (*at == '\\' && (!at[1] || !strchr("\"\\/bfnrtu", at[1])))
			return NULL;
		at += *at == '\\' ? 2 : 1;
	}

	return at + 1;
}

/* Members of an object or elements of an array, up to the closing bracket. */
static const char *json_list(const char *at, char closing)
{
	at = json_space(at + 1);
	if (*at == closing)
		return at + 1;
	for (;;) {
		if (closing == '}') {
			at = json_string(at);
			at = at ? json_space(at) : NULL;
			if (!at || *at != ':')
				return NULL;
			at = json_space(at + 1);
		}
		at = json_value(at);
		if (!at)
			return NULL;
		at = json_space(at);
		if (*at == closing)
			return at + 1;
		if (*at != ',')
			return NULL;
		at = json_space(at + 1);
	}
}

static const char *json_value(const char *at)
{
	static const char *const words[] = { "true", "false", "null" };
	char *end;
	size_t i;

	if (*at == '{')
		return json_list(at, '}');
	if (*at == '[')
		return json_list(at, ']');
	if (*at == '"')
		return json_string(at);
	for (i = 0; i < 3; i++) {
		if (strncmp(at, words[i], strlen(words[i])) == 0)
			return at + strlen(words[i]);
	}
	if (*at != '-' && !isdigit((unsigned char)*at))
		return NULL;
	strtod(at, &end);

	return end;
}

/* The whole text is one value and nothing else. */
TAP_UNUSED static bool json_is_valid(const char *text)
{
	const char *end = json_value(json_space(text));

	return end && *json_space(end) == '\0';
}

/* The value of a member of a valid object, or NULL. */
static const char *json_member(const char *object, const char *name, size_t name_length)
{
	const char *at = json_space(object);

	if (*at != '{')
		return NULL;
	at = json_space(at + 1);
	while (*at == '"') {
		const char *key = at + 1, *end = json_string(at);
		bool is_it = (size_t)(end - 1 - key) == name_length &&
			     strncmp(key, name, name_length) == 0;

		at = json_space(json_space(end) + 1);
		if (is_it)
			return at;
		at = json_space(json_value(at));
		if (*at == ',')
			at = json_space(at + 1);
	}

	return NULL;
}

/* Follows a path like `vtl1.cpus`; NULL if there is no such thing. */
TAP_UNUSED static const char *json_find(const char *text, const char *path)
{
	while (text && *path) {
		size_t length = strcspn(path, ".");

		text = json_member(text, path, length);
		path += length + (path[length] == '.');
	}

	return text;
}

/* -1 if it is not there or no number */
TAP_UNUSED static long long json_number(const char *text, const char *path)
{
	const char *at = json_find(text, path);

	return at && isdigit((unsigned char)*at) ? strtoll(at, NULL, 10) : -1;
}

TAP_UNUSED static bool json_is_string(const char *text, const char *path, const char *expected)
{
	const char *at = json_find(text, path);

	return at && *at == '"' && strncmp(at + 1, expected, strlen(expected)) == 0 &&
	       at[1 + strlen(expected)] == '"';
}

#endif
