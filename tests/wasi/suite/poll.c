/* poll_oneoff */
#include "report.h"
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

static long long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  write(fd, "data", 4);
  lseek(fd, 0, SEEK_SET);
  struct pollfd in = {fd, POLLIN, 0}, out = {fd, POLLOUT, 0};
  TRY(poll(&in, 1, -1));
  TRY(poll(&out, 1, -1));
  printf("%d %d\n", (in.revents & POLLIN) != 0, (out.revents & POLLOUT) != 0);
  struct pollfd output[] = {{1, POLLOUT, 0}, {2, POLLOUT, 0}};
  TRY(poll(output, 2, 5000) > 0);
  long long before = milliseconds();
  TRY(poll(NULL, 0, 60));
  long long passed = milliseconds() - before;
  printf("%d\n", passed >= 59 && passed < 5000);
  struct pollfd bad[] = {{77, POLLIN, 0}};
  int result = poll(bad, 1, 5000);
  printf("%d\n", result == 1 ? (bad[0].revents & POLLNVAL) != 0 : result == -1 && errno == EBADF);
  struct timespec pause = {0, 30000000};
  before = milliseconds();
  TRY(nanosleep(&pause, NULL));
  printf("%d\n", milliseconds() - before >= 29);
  return 0;
}
