// Many pairs, scored by as many threads as are there.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "images/image-cache.h"
#include "images/score-pair.h"
#include "images/thread-pool.h"

namespace ggb::images {

class PairScoringJob : public Job {
 public:
  using Ended = std::function<void(std::shared_ptr<PairScoringJob>)>;

  PairScoringJob(std::vector<PairFiles> pairs, const ScoreRequest& request, int threads, ImageCache* real_images,
                 Ended ended);

  void Run(size_t piece, Workspace* workspace) override;
  void OnEnd(std::shared_ptr<Job> self) override;

  const ScoreRequest& request() const { return request_; }
  // In the order of the pairs; of a cancelled job some are missing.
  const std::vector<PairOutcome>& outcomes() const { return outcomes_; }

 private:
  const std::vector<PairFiles> pairs_;
  const ScoreRequest request_;
  ImageCache* real_images_;
  Ended ended_;
  // Pairs of one real image follow each other, so that it is still in the cache.
  std::vector<size_t> order_;
  std::vector<PairOutcome> outcomes_;
};

}  // namespace ggb::images
