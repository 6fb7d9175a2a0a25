/* fd_readdir while every entry that it gave is removed, as rm -r does */
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  mkdir("many", 0777);
  for (int i = 0; i < 1000; i++) {
    char name[64];
    sprintf(name, "many/a-rather-long-name-%04d", i);
    close(open(name, O_CREAT | O_WRONLY, 0644));
  }
  DIR *directory = opendir("many");
  struct dirent *entry;
  int removed = 0;
  while ((entry = readdir(directory)))
    if (entry->d_name[0] != '.') removed += unlinkat(dirfd(directory), entry->d_name, 0) == 0;
  printf("removed %d\n", removed);
  rewinddir(directory);
  int left = 0;
  while ((entry = readdir(directory))) left++;
  printf("left %d\n", left);
  closedir(directory);
  TRY(rmdir("many"));
  return 0;
}
