/* rights are given up and handed on: what runtimes without rights cannot do */
#include <stdio.h>
#include <wasi/api.h>

#define SHOW(call) printf("%s: %d\n", #call, call)
#define FD(right) __WASI_RIGHTS_FD_##right
#define PATH(right) __WASI_RIGHTS_PATH_##right

/* this C library knows it no more */
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int proc_raise(int);

int main(void) {
  __wasi_fd_t file, directory;
  __wasi_fdstat_t fdstat;
  __wasi_filesize_t offset;
  __wasi_size_t size;
  uint8_t buffer[4];
  __wasi_iovec_t in = {buffer, 4};
  __wasi_ciovec_t out = {(const uint8_t *)"text", 4};
  SHOW(__wasi_path_open(3, 0, "f", __WASI_OFLAGS_CREAT, FD(READ) | FD(WRITE) | FD(SEEK), 0, 0, &file));
  SHOW(__wasi_fd_write(file, &out, 1, &size));
  SHOW(__wasi_fd_fdstat_set_rights(file, FD(READ) | FD(SEEK), 0));
  SHOW(__wasi_fd_write(file, &out, 1, &size));
  SHOW(__wasi_fd_seek(file, 0, __WASI_WHENCE_SET, &offset));
  SHOW(__wasi_fd_read(file, &in, 1, &size));
  SHOW(__wasi_fd_fdstat_set_rights(file, FD(READ) | FD(WRITE) | FD(SEEK), 0));
  SHOW(__wasi_fd_fdstat_set_rights(file, FD(READ), 0));
  SHOW(__wasi_fd_seek(file, 0, __WASI_WHENCE_SET, &offset));
  SHOW(__wasi_fd_tell(file, &offset));
  SHOW(__wasi_fd_filestat_set_size(file, 0));
  SHOW(__wasi_path_open(3, 0, ".", __WASI_OFLAGS_DIRECTORY, PATH(OPEN), FD(READ), 0, &directory));
  SHOW(__wasi_fd_fdstat_get(directory, &fdstat));
  printf("%llx %llx\n", (unsigned long long)fdstat.fs_rights_base, (unsigned long long)fdstat.fs_rights_inheriting);
  SHOW(__wasi_path_create_directory(directory, "d"));
  SHOW(__wasi_path_unlink_file(directory, "f"));
  SHOW(__wasi_path_open(directory, 0, "g", __WASI_OFLAGS_CREAT, FD(READ), 0, 0, &file));
  SHOW(__wasi_path_open(directory, 0, "f", __WASI_OFLAGS_TRUNC, FD(READ), 0, 0, &file));
  SHOW(__wasi_path_open(directory, 0, "f", 0, FD(WRITE), 0, 0, &file));
  SHOW(__wasi_path_open(directory, 0, "f", 0, FD(READ) | FD(SEEK), 0, 0, &file));
  SHOW(__wasi_fd_fdstat_get(file, &fdstat));
  printf("%llx\n", (unsigned long long)fdstat.fs_rights_base);
  SHOW(proc_raise(0));
  SHOW(proc_raise(9));
  return 0;
}
