/* path_link, path_symlink, path_readlink, path_unlink_file, path_rename */
#include "report.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *text_of(const char *path) {
  static char text[64];
  memset(text, 0, sizeof text);
  return readlink(path, text, sizeof text - 1) < 0 ? error_name(errno) : text;
}

static void make(const char *path) { close(open(path, O_CREAT | O_WRONLY, 0644)); }

int main(void) {
  char text[4];
  make("file");
  mkdir("dir", 0777);
  mkdir("full", 0777);
  make("full/x");
  TRY(symlink("file", "s1"));
  TRY(symlink("file", "s1"));
  TRY(symlink("../file", "dir/s2"));
  TRY(symlink("nowhere", "s3"));
  TRY(symlink("", "s4"));
  TRY(symlink("x", "nowhere/s5"));
  TRY(symlink("x", "new/"));
  TRY(symlink("x", "dir/"));
  const char *paths[] = {"s1", "dir/s2", "s3", "file", "dir", "nowhere"};
  for (int i = 0; i < 6; i++) printf("%s: %s\n", paths[i], text_of(paths[i]));
  TRY(readlink("s1", text, 2));
  TRY(close(open("dir/s2", O_RDONLY)));
  TRY(open("s1", O_RDONLY | O_NOFOLLOW));
  TRY(open("s3", O_RDONLY));
  TRY(open("s3", O_WRONLY | O_CREAT | O_EXCL, 0644));
  TRY(close(open("s3", O_WRONLY | O_CREAT, 0644)));
  TRY(access("nowhere", F_OK));
  TRY(unlink("nowhere"));

  TRY(link("file", "hard"));
  TRY(link("file", "hard"));
  TRY(link("dir", "hard2"));
  TRY(link("nowhere", "hard2"));
  TRY(link("file", "nowhere/x"));
  TRY(link("file", "hard2/"));
  TRY(link("s3", "s6"));
  printf("%s\n", text_of("s6"));

  TRY(rename("file", "renamed"));
  TRY(rename("renamed", "dir/renamed"));
  TRY(rename("dir/renamed", "hard"));
  TRY(rename("nowhere", "x"));
  TRY(rename("hard", "dir"));
  TRY(rename("dir", "hard"));
  TRY(rename("dir", "full"));
  TRY(rename("full", "full/sub"));
  TRY(rename("full/", "moved/"));
  TRY(rename("s1", "dir/s1"));
  TRY(rename("hard", "nowhere/x"));
  TRY(rename("hard", "hard"));
  TRY(rename("s3", "s6"));

  TRY(unlink("dir"));
  TRY(unlink("dir/"));
  TRY(unlink("hard/"));
  TRY(unlink("nowhere"));
  TRY(unlink("s6"));
  TRY(unlink("dir/s1"));
  TRY(unlink("hard"));
  TRY(unlink("hard"));
  return 0;
}
