/* Random access to a file of pages with a journal, as small databases do it. Gives the same as a native build. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 512, PAGES = 400, CHANGES = 20 };

static uint64_t state = 42;

static uint32_t draw(void) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return state >> 33;
}

static uint32_t checksum(int fd) {
  uint8_t page[PAGE];
  uint32_t hash = 2166136261u;
  ssize_t size;
  for (off_t at = 0; (size = pread(fd, page, PAGE, at)) > 0; at += size)
    for (ssize_t i = 0; i < size; i++) hash = (hash ^ page[i]) * 16777619u;
  return hash;
}

/* One transaction: pages go to the journal first, then are changed; a failed one is rolled back from the journal. */
static int transaction(int fd, int fails) {
  uint8_t page[PAGE];
  int journal = open("db-journal", O_RDWR | O_CREAT | O_EXCL, 0644);
  if (journal < 0) return -1;
  for (int i = 0; i < CHANGES; i++) {
    uint32_t number = draw() % PAGES;
    if (pread(fd, page, PAGE, (off_t)number * PAGE) != PAGE) return -1;
    if (write(journal, &number, 4) != 4 || write(journal, page, PAGE) != PAGE) return -1;
    for (int j = 0; j < 8; j++) page[draw() % PAGE] = draw();
    if (pwrite(fd, page, PAGE, (off_t)number * PAGE) != PAGE) return -1;
  }
  if (fails) {
    for (int i = CHANGES - 1; i >= 0; i--) {
      uint32_t number;
      lseek(journal, (off_t)i * (PAGE + 4), SEEK_SET);
      if (read(journal, &number, 4) != 4 || read(journal, page, PAGE) != PAGE) return -1;
      if (pwrite(fd, page, PAGE, (off_t)number * PAGE) != PAGE) return -1;
    }
  }
  if (fdatasync(fd) != 0 || close(journal) != 0) return -1;
  return unlink("db-journal");
}

int main(void) {
  uint8_t page[PAGE];
  int fd = open("db", O_RDWR | O_CREAT, 0644);
  for (int i = 0; i < PAGES; i++) {
    for (int j = 0; j < PAGE; j++) page[j] = draw();
    pwrite(fd, page, PAGE, (off_t)(PAGES - 1 - i) * PAGE);
  }
  printf("%08x\n", checksum(fd));
  for (int i = 0; i < 50; i++) {
    uint32_t before = checksum(fd);
    int result = transaction(fd, i % 5 == 4);
    uint32_t after = checksum(fd);
    if (i % 5 == 4) printf("rolled back: %d %d\n", result, before == after);
    else if (i % 10 == 0) printf("committed: %d %08x\n", result, after);
  }
  ftruncate(fd, PAGE * 100 + 17);
  printf("%08x\n", checksum(fd));
  ftruncate(fd, PAGE * 120);
  pwrite(fd, "end", 3, PAGE * 130 - 3);
  struct stat status;
  fstat(fd, &status);
  printf("%lld %08x\n", (long long)status.st_size, checksum(fd));
  close(fd);
  return unlink("db");
}
