/* A clock of the day that is off by as many seconds as a file says (a double, which may change while it is read); steady
   clocks and waits stay as they are. Preloaded into a process, with the file's path in CLOCK_FILE. libfaketime 0.9.10
   shifts waits as well: time.sleep of Python 3.11 ends in an error under it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile double *off;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("CLOCK_FILE");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  void *map = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(double), PROT_READ, MAP_SHARED, file, 0);
  if (map != MAP_FAILED) off = map;
  if (file >= 0) close(file);
}

int clock_gettime(clockid_t which, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(which, now);
  if (!result && off && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
    long long all = now->tv_sec * 1000000000LL + now->tv_nsec + (long long)(*off * 1e9);
    now->tv_sec = all / 1000000000LL, now->tv_nsec = all % 1000000000LL;
  }
  return result;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec exact;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  now->tv_sec = exact.tv_sec, now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (at) *at = exact.tv_sec;
  return exact.tv_sec;
}
