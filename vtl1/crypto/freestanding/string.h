/* SPDX-License-Identifier: MIT */
#ifndef VTL1_FREESTANDING_STRING_H
#define VTL1_FREESTANDING_STRING_H

/*
 * What third-party C code finds as <string.h> in VTL1; all but strcmp() is in base/freestanding.
 * The other headers here are empty: the code includes them, and uses nothing of them.
 */
typedef __SIZE_TYPE__ size_t;

void* memcpy(void* restrict to, const void* restrict from, size_t bytes);
void* memmove(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
int memcmp(const void* a, const void* b, size_t bytes);
size_t strlen(const char* text);

static inline int strcmp(const char* a, const char* b) {
    for (; *a && *a == *b; a++) {
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

#endif
