// Files as bytes. Only regular files: a pipe or a device may never end.
#pragma once

#include <cstdint>
#include <string>

#include "images/byte-buffer.h"
#include "images/problem.h"

namespace ggb::images {

// More than any picture of kLargestImagePixels needs.
constexpr uint64_t kLargestFile = uint64_t{1} << 30;

// Which file it is and when it last changed: two equal stamps of one path are the same content.
struct FileStamp {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t seconds = 0;
  int64_t nanoseconds = 0;

  bool operator==(const FileStamp& other) const {
    return device == other.device && inode == other.inode && size == other.size && seconds == other.seconds &&
           nanoseconds == other.nanoseconds;
  }
};

Problem StampOf(const std::string& path, FileStamp* stamp);
Problem ReadFile(const std::string& path, ByteBuffer* buffer, size_t* bytes);

}  // namespace ggb::images
