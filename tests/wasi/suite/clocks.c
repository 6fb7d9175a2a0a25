/* clock_res_get, clock_time_get, sched_yield */
#include <sched.h>
#include <stdio.h>
#include <time.h>

static long long nanoseconds(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) return -1;
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(void) {
  clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
  for (int i = 0; i < 2; i++) {
    struct timespec resolution;
    if (clock_getres(clocks[i], &resolution) != 0 || (resolution.tv_sec == 0 && resolution.tv_nsec == 0)) return 1;
  }
  if (nanoseconds(CLOCK_REALTIME) < 1577836800000000000LL) return 2; /* 2020 */
  long long last = nanoseconds(CLOCK_MONOTONIC);
  for (int i = 0; i < 1000; i++) {
    long long now = nanoseconds(CLOCK_MONOTONIC);
    if (now < last) return 3;
    last = now;
  }
  if (sched_yield() != 0) return 4;
  struct timespec pause = {0, 20000000};
  long long before = nanoseconds(CLOCK_MONOTONIC);
  if (nanosleep(&pause, NULL) != 0) return 5;
  if (nanoseconds(CLOCK_MONOTONIC) - before < 20000000) return 6;
  puts("time passes");
  return 0;
}
