#include "images/read-file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ggb::images {
namespace {

Problem SystemProblem(int code) {
  if (code == ENOENT || code == ENOTDIR) return Problem(ProblemKind::kMissing, "nothing there");
  if (code == ELOOP) return Problem(ProblemKind::kUnreadable, "a symbolic link that leads to itself");
  if (code == EACCES || code == EPERM) return Problem(ProblemKind::kUnreadable, "a file without read permission");
  char text[128];
  // The GNU variant: returns the text, which may not be in the buffer.
  return Problem(ProblemKind::kUnreadable,
                 std::string("a file that cannot be read: ") + strerror_r(code, text, sizeof(text)));
}

Problem CheckKind(const struct stat& found) {
  if (S_ISDIR(found.st_mode)) return Problem(ProblemKind::kUnreadable, "a folder");
  if (!S_ISREG(found.st_mode)) return Problem(ProblemKind::kUnreadable, "no regular file");
  if (static_cast<uint64_t>(found.st_size) > kLargestFile) {
    return Problem(ProblemKind::kTooLarge,
                   std::to_string(found.st_size) + " bytes, expected at most " + std::to_string(kLargestFile));
  }
  return Problem::None();
}

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

}  // namespace

Problem StampOf(const std::string& path, FileStamp* stamp) {
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) return SystemProblem(errno);
  stamp->device = static_cast<uint64_t>(found.st_dev);
  stamp->inode = static_cast<uint64_t>(found.st_ino);
  stamp->size = static_cast<uint64_t>(found.st_size);
  stamp->seconds = found.st_mtim.tv_sec;
  stamp->nanoseconds = found.st_mtim.tv_nsec;
  return CheckKind(found);
}

Problem ReadFile(const std::string& path, ByteBuffer* buffer, size_t* bytes) {
  *bytes = 0;
  // O_NONBLOCK: opening a pipe must not wait for somebody to write into it.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value < 0) return SystemProblem(errno);
  struct stat found;
  if (::fstat(file.value, &found) != 0) return SystemProblem(errno);
  const Problem problem = CheckKind(found);
  if (problem.found()) return problem;
  const size_t size = static_cast<size_t>(found.st_size);
  uint8_t* data = buffer->Reserve(size);
  if (data == nullptr) return Problem(ProblemKind::kOutOfMemory, "no memory for " + std::to_string(size) + " bytes");
  // A file that shrinks meanwhile ends early, one that grows is cut: the decoder says what that makes of it.
  while (*bytes < size) {
    const ssize_t count = ::read(file.value, data + *bytes, size - *bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemProblem(errno);
    if (count == 0) break;
    *bytes += static_cast<size_t>(count);
  }
  return Problem::None();
}

}  // namespace ggb::images
