/* how paths are walked, and that none leads out of the directory */
#include "report.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void opening(const char *path) {
  int fd = openat(3, path, O_RDONLY);
  printf("%s: %s\n", strlen(path) < 40 ? path : "(long)", fd < 0 ? error_name(errno) : "opens");
  if (fd >= 0) close(fd);
}

int main(void) {
  static char longer[5000];
  const char *paths[] = {
    "dir/file", "./dir/file", "dir//file", "dir/./file", "dir/../dir/file", "dir/sub/../file", ".", "dir/", "dir/.",
    "dir/file/", "dir/file/.", "dir/file/..", "nowhere", "nowhere/..", "", "..", "../", "dir/../..", "../root/dir/file",
    "dir/sub/../../../x", "up", "up/", "up/x", "dir/out", "dir/out/x", "tree/file", "tree/sub/../file", "tree/..",
    "tree/../dir/file", "chain", "chain/", "loop", "loop/x", "absolute", "slash", "slash/file", "slashes/file"};
  mkdir("dir", 0777);
  mkdir("dir/sub", 0777);
  close(open("dir/file", O_CREAT | O_WRONLY, 0644));
  symlink("..", "up");
  symlink("../../x", "dir/out");
  symlink("dir", "tree");
  symlink("chain2", "chain");
  symlink("dir/../chain3", "chain2");
  symlink("./dir/file", "chain3");
  symlink("loop2", "loop");
  symlink("loop", "loop2");
  symlink("dir/", "slash");
  symlink("dir//", "slashes");
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) opening(paths[i]);
  TRY(symlink("/etc", "absolute"));
  TRY(mkdirat(3, "../made", 0777));
  TRY(mkdirat(3, "up/made", 0777));
  TRY(unlinkat(3, "../x", 0));
  TRY(unlinkat(3, "up/x", 0));
  TRY(renameat(3, "dir/file", 3, "../x"));
  TRY(renameat(3, "dir/file", 3, "up/x"));
  TRY(renameat(3, "../x", 3, "y"));
  TRY(linkat(3, "dir/file", 3, "../x", 0));
  TRY(linkat(3, "../x", 3, "y", 0));
  TRY(symlinkat("x", 3, "../x"));
  TRY(symlinkat("x", 3, "up/x"));
  memset(longer, 'a', 300);
  opening(longer);
  for (int i = 0; i < 2400; i++) memcpy(longer + 2 * i, "./", 3);
  strcpy(longer + 4000, "dir/file");
  opening(longer);
  return 0;
}
