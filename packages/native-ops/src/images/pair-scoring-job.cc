#include "images/pair-scoring-job.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ggb::images {
namespace {

std::vector<size_t> GroupedByReal(const std::vector<PairFiles>& pairs) {
  std::unordered_map<std::string_view, size_t> first_use;
  std::vector<size_t> group(pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) group[i] = first_use.emplace(pairs[i].real, i).first->second;
  std::vector<size_t> order(pairs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return group[a] < group[b]; });
  return order;
}

}  // namespace

PairScoringJob::PairScoringJob(std::vector<PairFiles> pairs, const ScoreRequest& request, int threads,
                               ImageCache* real_images, Ended ended)
    : Job(pairs.size(), threads),
      pairs_(std::move(pairs)),
      request_(request),
      real_images_(real_images),
      ended_(std::move(ended)),
      order_(GroupedByReal(pairs_)),
      outcomes_(pairs_.size()) {}

void PairScoringJob::Run(size_t piece, Workspace* workspace) {
  const size_t pair = order_[piece];
  outcomes_[pair] = ScorePair(pairs_[pair], request_, real_images_, workspace);
}

void PairScoringJob::OnEnd(std::shared_ptr<Job> self) {
  ended_(std::static_pointer_cast<PairScoringJob>(std::move(self)));
}

}  // namespace ggb::images
