#include "images/image-cache.h"

#include <atomic>
#include <iterator>

namespace ggb::images {

ImageCache::Handle ImageCache::FindOrAdd(const std::string& path, const FileStamp& stamp) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = by_path_.find(path);
  if (found != by_path_.end()) {
    const auto position = found->second;
    if ((*position)->stamp == stamp) {
      recent_.splice(recent_.begin(), recent_, position);
      return *position;
    }
    Drop(position);
  }
  while (!recent_.empty() && (recent_.size() >= kMostEntries || bytes_ > kMostBytes)) Drop(std::prev(recent_.end()));
  Handle entry;
  if (spare_.empty()) {
    entry = std::make_shared<Entry>();
  } else {
    entry = std::move(spare_.back());
    spare_.pop_back();
  }
  entry->path = path;
  entry->stamp = stamp;
  recent_.push_front(entry);
  by_path_[path] = recent_.begin();
  return entry;
}

void ImageCache::Count(const Handle& entry) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = by_path_.find(entry->path);
  // It may have been dropped meanwhile.
  if (found == by_path_.end() || *found->second != entry) return;
  entry->counted_bytes = entry->image.pixels.capacity();
  bytes_ += entry->counted_bytes;
}

void ImageCache::Drop(std::list<Handle>::iterator position) {
  Handle entry = std::move(*position);
  by_path_.erase(entry->path);
  recent_.erase(position);
  bytes_ -= entry->counted_bytes;
  entry->counted_bytes = 0;
  // Nobody else can take a reference now: they are given out under the same lock.
  if (entry.use_count() > 1 || spare_.size() >= kMostSpare) return;
  // Its last reader may have been another thread.
  std::atomic_thread_fence(std::memory_order_acquire);
  entry->is_decoded = false;
  entry->problem = Problem::None();
  entry->image.pixels.ReleaseAbove(kMostBytes / kMostEntries);
  spare_.push_back(std::move(entry));
}

}  // namespace ggb::images
