// libwinrm-perf-count.so: counts what a process allocates and which I/O calls it makes, thread by thread.
//
// Preloaded into a balancer, which needs no change for it. The counts live in a file mapped by both sides,
// named by WINRMLB_COUNT_FILE, so that budget.py reads them while the process runs, with no signal and no
// pause. A thread owns one slot of the file and is its only writer. The order of Count is known to budget.py.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {

enum Count : unsigned {
  kAllocations,
  kAllocatedBytes,
  kLiveBytes,  // wraps round in a thread that frees what others allocated
  kFrees,
  kReceives,
  kSends,
  kSplices,
  kEpollWaits,
  kEpollCtls,
  kCounts
};

constexpr unsigned kSlots = 64;

struct Slot {
  std::uint64_t thread;
  std::uint64_t counts[kCounts];
};

struct Page {
  std::atomic<std::uint64_t> threads;
  Slot slots[kSlots];
};

// Until the constructor has run, and in a process that nobody watches, the counts go here and are lost.
Page unwatched;
Page* page = &unwatched;

// initial-exec: the first touch in a thread must not allocate, because it may happen inside malloc.
__attribute__((tls_model("initial-exec"))) thread_local Slot* own = nullptr;
__attribute__((tls_model("initial-exec"))) thread_local Page* own_page = nullptr;

void count(Count what, std::uint64_t amount = 1) {
  if (own_page != page) {
    own_page = page;
    // Threads beyond the last slot share it; none of the processes measured here has so many.
    const auto number = page->threads.fetch_add(1);
    own = &page->slots[number < kSlots ? number : kSlots - 1];
    own->thread = static_cast<std::uint64_t>(gettid());
  }
  own->counts[what] += amount;
}

__attribute__((constructor)) void map_page() {
  const char* path = std::getenv("WINRMLB_COUNT_FILE");
  if (path == nullptr) return;
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(Page)) != 0) return;
  void* mapped = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) page = static_cast<Page*>(mapped);
  close(file);
}

// What an allocation takes from the heap: what can be used of it, and the word in front of that.
std::uint64_t heap_bytes(void* block) {
  return block == nullptr ? 0 : malloc_usable_size(block) + sizeof(std::size_t);
}

void* allocated(void* block, std::size_t asked_for) {
  count(kAllocations);
  count(kAllocatedBytes, asked_for);
  count(kLiveBytes, heap_bytes(block));
  return block;
}

// The function that this one stands in front of.
template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

#define PASS_ON(what, name, ...)                           \
  static auto* const real = next<decltype(::name)>(#name); \
  count(what);                                             \
  return real(__VA_ARGS__)

extern "C" {

void* malloc(std::size_t bytes) noexcept { return allocated(__libc_malloc(bytes), bytes); }

void* calloc(std::size_t number, std::size_t bytes) noexcept {
  return allocated(__libc_calloc(number, bytes), number * bytes);
}

void* realloc(void* old, std::size_t bytes) noexcept {
  count(kLiveBytes, -heap_bytes(old));
  return allocated(__libc_realloc(old, bytes), bytes);
}

void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  return allocated(__libc_memalign(alignment, bytes), bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept { return memalign(alignment, bytes); }

int posix_memalign(void** into, std::size_t alignment, std::size_t bytes) noexcept {
  *into = memalign(alignment, bytes);
  return *into == nullptr ? 12 : 0;
}

void free(void* block) noexcept {
  if (block != nullptr) count(kFrees);
  count(kLiveBytes, -heap_bytes(block));
  __libc_free(block);
}

ssize_t read(int fd, void* into, std::size_t bytes) { PASS_ON(kReceives, read, fd, into, bytes); }
ssize_t readv(int fd, const iovec* into, int parts) { PASS_ON(kReceives, readv, fd, into, parts); }
ssize_t recv(int fd, void* into, std::size_t bytes, int flags) {
  PASS_ON(kReceives, recv, fd, into, bytes, flags);
}
ssize_t recvmsg(int fd, msghdr* into, int flags) { PASS_ON(kReceives, recvmsg, fd, into, flags); }
ssize_t recvfrom(int fd, void* into, std::size_t bytes, int flags, sockaddr* from, socklen_t* length) {
  PASS_ON(kReceives, recvfrom, fd, into, bytes, flags, from, length);
}
ssize_t write(int fd, const void* from, std::size_t bytes) { PASS_ON(kSends, write, fd, from, bytes); }
ssize_t writev(int fd, const iovec* from, int parts) { PASS_ON(kSends, writev, fd, from, parts); }
ssize_t send(int fd, const void* from, std::size_t bytes, int flags) {
  PASS_ON(kSends, send, fd, from, bytes, flags);
}
ssize_t sendmsg(int fd, const msghdr* from, int flags) { PASS_ON(kSends, sendmsg, fd, from, flags); }
ssize_t sendto(int fd, const void* from, std::size_t bytes, int flags, const sockaddr* to, socklen_t length) {
  PASS_ON(kSends, sendto, fd, from, bytes, flags, to, length);
}
ssize_t splice(int in, off64_t* in_at, int out, off64_t* out_at, std::size_t bytes, unsigned flags) {
  PASS_ON(kSplices, splice, in, in_at, out, out_at, bytes, flags);
}
int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  PASS_ON(kEpollWaits, epoll_wait, epoll, events, most, timeout);
}
int epoll_ctl(int epoll, int action, int fd, epoll_event* event) noexcept {
  PASS_ON(kEpollCtls, epoll_ctl, epoll, action, fd, event);
}

// What a fortified build calls where it knows the size of the buffer.
ssize_t __read_chk(int fd, void* into, std::size_t bytes, std::size_t) { return read(fd, into, bytes); }
ssize_t __recv_chk(int fd, void* into, std::size_t bytes, std::size_t, int flags) {
  return recv(fd, into, bytes, flags);
}

}  // extern "C"
