// What Glibc's module lacks.
#pragma once
#include <stddef.h>
#include <sys/epoll.h>

/// Where a needle first stands in a haystack, or NULL.
void *find_bytes(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
