/* What the programs of this suite share: printing of results and of errors by name. */
#ifndef REPORT_H
#define REPORT_H

#include <errno.h>
#include <stdio.h>

static inline const char *error_name(int code) {
  switch (code) {
#define NAME(code) case code: return #code;
    NAME(EACCES) NAME(EAGAIN) NAME(EBADF) NAME(EBUSY) NAME(EEXIST) NAME(EFBIG) NAME(EILSEQ) NAME(EINVAL) NAME(EISDIR)
    NAME(ELOOP) NAME(EMFILE) NAME(ENAMETOOLONG) NAME(ENOENT) NAME(ENOSPC) NAME(ENOTDIR) NAME(ENOTEMPTY) NAME(ENOTSOCK)
    NAME(EOVERFLOW) NAME(EPERM) NAME(EPIPE) NAME(EROFS) NAME(ESPIPE) NAME(EXDEV) NAME(ENOTSUP) NAME(ENOSYS)
    NAME(EFAULT) NAME(ENOTCONN)
#ifdef ENOTCAPABLE
    NAME(ENOTCAPABLE)
#endif
#undef NAME
  default: return "another error";
  }
}

/* Evaluates a call that gives -1 for an error and prints what came of it; its value. */
#define TRY(call) report(#call, (errno = 0, (long long)(call)))

static inline long long report(const char *call, long long value) {
  if (value == -1) printf("%s: %s\n", call, error_name(errno));
  else printf("%s = %lld\n", call, value);
  return value;
}

/* The same for calls that give an error code themselves. */
#define CODE(call) report_code(#call, (call))

static inline int report_code(const char *call, int code) {
  printf("%s: %s\n", call, code ? error_name(code) : "done");
  return code;
}

#endif
