/* a guest that tries to get out of its directory by links that it makes itself */
#include "report.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  const char *targets[] = {"..", "../", "../outside", "../outside/", "../outside//", "../outside/.", "../../outside",
                           "dir/../../outside", "dir/../..", "./../outside"};
  const char *suffixes[] = {"", "/", "//", "/.", "/secret", "/x/../secret", "/../outside/secret"};
  int opened = 0, made = 0;
  mkdir("dir", 0777);
  for (unsigned i = 0; i < sizeof targets / sizeof *targets; i++)
    for (unsigned j = 0; j < sizeof suffixes / sizeof *suffixes; j++) {
      char path[64];
      unlink("link");
      if (symlink(targets[i], "link") != 0) continue;
      snprintf(path, sizeof path, "link%s", suffixes[j]);
      struct stat status;
      opened += open(path, O_RDONLY) >= 0;
      opened += open(path, O_RDONLY | O_DIRECTORY) >= 0;
      opened += stat(path, &status) == 0;
      made += open(path, O_WRONLY | O_CREAT, 0644) >= 0;
      made += open(path, O_WRONLY | O_TRUNC) >= 0;
      snprintf(path, sizeof path, "link%s/new", suffixes[j]);
      made += mkdir(path, 0777) == 0;
      made += open(path, O_WRONLY | O_CREAT, 0644) >= 0;
      made += symlink("x", path) == 0;
      made += rename("dir", path) == 0;
      snprintf(path, sizeof path, "link%s/secret", suffixes[j]);
      made += unlink(path) == 0;
      made += link(path, "stolen") == 0;
      made += rename(path, "stolen") == 0;
    }
  printf("opened %d, made %d\n", opened, made);
  return 0;
}
