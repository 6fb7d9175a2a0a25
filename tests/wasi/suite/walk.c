/* A directory walk: makes a tree, lists it with sizes and totals, and removes it. Gives the same as a native build. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long long total;
static int files, folders, links;

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int names_of(const char *path, char ***names) {
  DIR *directory = opendir(path);
  if (!directory) return -1;
  int count = 0, room = 16;
  *names = malloc(room * sizeof **names);
  struct dirent *entry;
  while ((entry = readdir(directory))) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    if (count == room) *names = realloc(*names, (room *= 2) * sizeof **names);
    (*names)[count++] = strdup(entry->d_name);
  }
  closedir(directory);
  qsort(*names, count, sizeof **names, compare);
  return count;
}

static void walk(const char *path, int depth) {
  char **names;
  int count = names_of(path, &names);
  for (int i = 0; i < count; i++) {
    char inner[1024], text[256] = {0};
    struct stat status;
    snprintf(inner, sizeof inner, "%s/%s", path, names[i]);
    if (lstat(inner, &status) != 0) printf("%s: %s\n", inner, strerror(errno));
    else if (S_ISDIR(status.st_mode)) {
      folders++;
      printf("%*s%s/\n", depth * 2, "", names[i]);
      walk(inner, depth + 1);
    } else if (S_ISLNK(status.st_mode)) {
      links++;
      readlink(inner, text, sizeof text - 1);
      printf("%*s%s -> %s%s\n", depth * 2, "", names[i], text, stat(inner, &status) == 0 ? "" : " (broken)");
    } else {
      files++;
      total += status.st_size;
      printf("%*s%s %lld\n", depth * 2, "", names[i], (long long)status.st_size);
    }
    free(names[i]);
  }
  if (count >= 0) free(names);
}

static int remove_all(const char *path) {
  char **names;
  int count = names_of(path, &names);
  for (int i = 0; i < count; i++) {
    char inner[1024];
    snprintf(inner, sizeof inner, "%s/%s", path, names[i]);
    if (unlink(inner) != 0 && remove_all(inner) != 0) return -1;
    free(names[i]);
  }
  if (count >= 0) free(names);
  return rmdir(path);
}

int main(void) {
  char path[256];
  mkdir("tree", 0777);
  unsigned seed = 1;
  for (int i = 0; i < 60; i++) {
    strcpy(path, "tree");
    for (int depth = 0; depth < i % 4; depth++) {
      seed = seed * 1103515245 + 12345;
      sprintf(path + strlen(path), "/d%u", seed >> 16 & 3);
      mkdir(path, 0777);
    }
    sprintf(path + strlen(path), "/f%02d", i);
    FILE *file = fopen(path, "w");
    for (unsigned j = 0; j < (seed >> 20 & 1023); j++) fputc('x', file);
    fclose(file);
  }
  symlink("f00", "tree/good");
  symlink("../nowhere", "tree/bad");
  symlink("tree", "around");
  walk("tree", 0);
  printf("%d files, %d folders, %d links, %lld bytes\n", files, folders, links, total);
  printf("removed: %d %d\n", remove_all("tree"), unlink("around"));
  struct stat status;
  printf("gone: %d\n", lstat("tree", &status) == -1 && errno == ENOENT);
  return 0;
}
