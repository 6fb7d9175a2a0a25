/* functions that no C library calls in all their forms: renumber, prestat, rights, raise, sockets, bad addresses */
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

#define SHOW(call) printf("%s: %d\n", #call, call)

static int opened(const char *path, int oflags, unsigned long long rights) {
  __wasi_fd_t fd = 0;
  int code = __wasi_path_open(3, 0, path, oflags, rights, 0, 0, &fd);
  return code ? -code : (int)fd;
}

int main(void) {
  __wasi_prestat_t prestat;
  __wasi_fdstat_t fdstat;
  __wasi_size_t size;
  char name[16] = {0};
  SHOW(__wasi_fd_prestat_get(3, &prestat));
  printf("%d %d\n", prestat.tag, (int)prestat.u.dir.pr_name_len);
  SHOW(__wasi_fd_prestat_dir_name(3, (uint8_t *)name, prestat.u.dir.pr_name_len));
  printf("[%s]\n", name);
  SHOW(__wasi_fd_prestat_get(4, &prestat));
  SHOW(__wasi_fd_prestat_get(1, &prestat));

  __wasi_rights_t all = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL;
  int a = opened("a", __WASI_OFLAGS_CREAT, all), b = opened("b", __WASI_OFLAGS_CREAT, all);
  SHOW(__wasi_fd_renumber(a, b));
  SHOW(__wasi_fd_close(a));
  __wasi_ciovec_t out = {(const uint8_t *)"text", 4};
  SHOW(__wasi_fd_write(b, &out, 1, &size));
  SHOW(__wasi_fd_renumber(b, 99));
  SHOW(__wasi_fd_renumber(99, b));
  SHOW(__wasi_fd_fdstat_get(b, &fdstat));
  printf("%d %d\n", fdstat.fs_filetype, fdstat.fs_flags);
  SHOW(__wasi_fd_fdstat_get(3, &fdstat));
  printf("%d %d\n", fdstat.fs_filetype, fdstat.fs_flags);
  SHOW(__wasi_fd_close(b));
  SHOW(__wasi_fd_close(b));

  SHOW(opened("a", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, all));
  SHOW(opened("a", __WASI_OFLAGS_DIRECTORY, all));
  SHOW(opened("/a", 0, all));
  SHOW(opened("../a", 0, all));

  SHOW(__wasi_sock_shutdown(99, 3));
  SHOW(__wasi_sock_shutdown(1, 3));
  SHOW(__wasi_sock_shutdown(3, 3));
  __wasi_fd_t connection;
  SHOW(__wasi_sock_accept(99, 0, &connection));
  return 0;
}
