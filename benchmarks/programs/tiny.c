/* The smallest command that prints: for the start family. Built without a C library. */
typedef struct {
    const char *data;
    unsigned long size;
} vector;

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) int fd_write(int, const vector *, int,
                                                                                              unsigned long *);

__attribute__((export_name("_start"))) void start(void) {
    vector line = {"tiny\n", 5};
    unsigned long written;
    fd_write(1, &line, 1, &written);
}
