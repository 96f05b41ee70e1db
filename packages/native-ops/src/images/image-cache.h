// The decoded images that were used last, so that a real image shared by several pairs is decoded once. Threads that
// want the same image at the same time wait for the one that decodes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "images/decode.h"
#include "images/problem.h"
#include "images/read-file.h"

namespace ggb::images {

class ImageCache {
 public:
  struct Entry {
    Image image;
    Problem problem;

   private:
    friend class ImageCache;
    std::mutex decoding;
    bool is_decoded = false;
    std::string path;
    FileStamp stamp;
    size_t counted_bytes = 0;
  };
  // Holds the image as long as it lives, also when the cache has dropped it. Read only.
  using Handle = std::shared_ptr<Entry>;

  // `decode` is called as decode(Image*) -> Problem when the image is not there or the file has changed; its problem is
  // kept as well.
  template <class Decode>
  Handle Get(const std::string& path, const FileStamp& stamp, Decode decode) {
    Handle entry = FindOrAdd(path, stamp);
    {
      std::lock_guard<std::mutex> lock(entry->decoding);
      if (entry->is_decoded) return entry;
      entry->problem = decode(&entry->image);
      entry->is_decoded = true;
      ++decoded_;
    }
    Count(entry);
    return entry;
  }

  // How often `decode` was called.
  uint64_t decoded() const { return decoded_; }

 private:
  // Pairs of one real image follow each other (pair-scoring-job.cc), so few are enough, and few stay in the processor's
  // cache.
  static constexpr size_t kMostEntries = 32;
  static constexpr size_t kMostBytes = size_t{64} << 20;
  static constexpr size_t kMostSpare = 8;

  Handle FindOrAdd(const std::string& path, const FileStamp& stamp);
  void Count(const Handle& entry);
  void Drop(std::list<Handle>::iterator position);

  std::mutex mutex_;
  std::list<Handle> recent_;  // last used first
  std::unordered_map<std::string, std::list<Handle>::iterator> by_path_;
  std::vector<Handle> spare_;  // dropped, their memory waits for the next image
  size_t bytes_ = 0;
  std::atomic<uint64_t> decoded_{0};
};

}  // namespace ggb::images
