/* Counts the calls of libc that change the file system, and lets the n-th one fail or be the last.
 *
 *   cc -shared -fPIC -O1 -o calls.so calls.c -ldl
 *   LD_PRELOAD=./calls.so ...        then: arm(n, fault), calls()
 *
 * fault: an errno, -1 kills the process, -2 writes half of the bytes. Once it has happened, later writes of the same
 * kind fail, too, as they do on a full or broken disk, except after -2.
 *
 * CLOCK_SHIFT in the environment: seconds by which the clock of the day is wrong. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long count, last;
static int fault, is_armed;

void arm(long at, int what) { last = at; fault = what; count = 0; is_armed = 1; }
long calls(void) { is_armed = 0; return count; }

/* 0: go on. 1: fail with errno. 2: write half. */
static int strike(int is_write) {
    if (!is_armed) return 0;
    long now = ++count;
    if (!last || now < last) return 0;
    if (fault == -1) { kill(getpid(), SIGKILL); pause(); }
    if (fault == -2) return now == last && is_write ? 2 : 0;
    errno = fault;
    return now == last || is_write;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define PLAIN(result, name, parameters, arguments) \
    result name parameters { REAL(name); return strike(0) ? -1 : real arguments; }
#define WRITES(name, parameters, whole, half) \
    ssize_t name parameters { REAL(name); if (fd < 3) return real whole; \
        int struck = strike(1); return struck == 1 ? -1 : struck ? real half : real whole; }

WRITES(write, (int fd, const void *data, size_t bytes), (fd, data, bytes), (fd, data, bytes / 2))
WRITES(pwrite, (int fd, const void *data, size_t bytes, off_t at), (fd, data, bytes, at), (fd, data, bytes / 2, at))
WRITES(pwrite64, (int fd, const void *data, size_t bytes, off64_t at), (fd, data, bytes, at), (fd, data, bytes / 2, at))
PLAIN(int, fsync, (int fd), (fd))
PLAIN(int, fdatasync, (int fd), (fd))
PLAIN(int, ftruncate, (int fd, off_t bytes), (fd, bytes))
PLAIN(int, ftruncate64, (int fd, off64_t bytes), (fd, bytes))
PLAIN(int, rename, (const char *from, const char *to), (from, to))
PLAIN(int, unlink, (const char *path), (path))
PLAIN(int, mkdir, (const char *path, mode_t mode), (path, mode))
PLAIN(int, rmdir, (const char *path), (path))
PLAIN(int, symlink, (const char *to, const char *path), (to, path))
PLAIN(int, chmod, (const char *path, mode_t mode), (path, mode))

#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        return (flags & O_CREAT) && strike(0) ? -1 : real(path, flags, mode); }
OPENS(open)
OPENS(open64)

static long shift(void) {
    static long seconds, is_known;
    if (!is_known) { const char *text = getenv("CLOCK_SHIFT"); seconds = text ? atol(text) : 0; is_known = 1; }
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int result = real(clock, now);
    if (!result && clock == CLOCK_REALTIME) now->tv_sec += shift();
    return result;
}

time_t time(time_t *now) {
    REAL(time);
    time_t shifted = real(NULL) + shift();
    if (now) *now = shifted;
    return shifted;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    REAL(gettimeofday);
    int result = real(now, zone);
    if (!result) now->tv_sec += shift();
    return result;
}
