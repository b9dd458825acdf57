/*
 * Preloaded into a server. Counts its flushes to disk in the first 8 bytes of the file that BENCH_FLUSHES names, and
 * makes each of them BENCH_FLUSH_DELAY_US longer, as on a slower disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic int64_t *count;
static useconds_t delay;

__attribute__((constructor)) static void open_count(void) {
  const char *longer = getenv("BENCH_FLUSH_DELAY_US");
  if (longer != NULL) delay = (useconds_t)atoi(longer);
  const char *name = getenv("BENCH_FLUSHES");
  int file = name == NULL ? -1 : open(name, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void *page = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) count = page;
}

static int flush(const char *name, int file) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  if (count != NULL) atomic_fetch_add(count, 1);
  if (delay > 0) usleep(delay);
  return real(file);
}

int fsync(int file) { return flush("fsync", file); }
int fdatasync(int file) { return flush("fdatasync", file); }
