// Convolutions by oneDNN. Images stay in plain NHWC, for which its AVX2 and AVX-512 kernels are as fast as for blocked
// layouts; the filter is reordered into the layout that the kernel wants, once until it changes, or back for its
// gradient (2 % of the time of a 64 -> 128 channel layer). Primitives are kept: creating one generates machine code
// (0.2 to 5 ms).
//
// One JavaScript environment per process owns the engine (bindings/node-addon.cc), so nothing here is locked.
#include <omp.h>

#include <cstring>
#include <list>
#include <string>
#include <unordered_map>

#include "ops/standard/conv2d/conv.h"
#include "ops/standard/conv2d/conv.onednn.h"
#include "runtime/parallel.h"

namespace ggb::conv {
namespace {

using dnnl::memory;

// Everything that a primitive depends on. Only 64-bit fields and no padding between them: compared and hashed as bytes.
struct PlanKey {
  ConvShape shape;
  int64_t pass;
  int64_t threads;
  int64_t has_bias;
  int64_t leaky_relu_bits;  // of the slope, -1 without activation

  bool operator==(const PlanKey& other) const { return std::memcmp(this, &other, sizeof *this) == 0; }
};
static_assert(sizeof(PlanKey) == 19 * sizeof(int64_t), "padding would be compared too");

struct PlanKeyHash {
  size_t operator()(const PlanKey& key) const {
    int64_t words[sizeof(PlanKey) / sizeof(int64_t)];
    std::memcpy(words, &key, sizeof words);
    uint64_t hash = 1469598103934665603u;  // FNV-1a, a word at a time
    for (int64_t word : words) hash = (hash ^ static_cast<uint64_t>(word)) * 1099511628211u;
    return static_cast<size_t>(hash ^ hash >> 32);
  }
};

using Arguments = std::unordered_map<int, memory>;

// A primitive with the memory objects it runs on; only their pointers change from call to call.
struct Plan {
  bool usable = false;
  uint64_t number = 0;  // of this plan, in the order of their making: a filter's form for it (runtime/kept-forms.h)
  dnnl::primitive convolution, reorder;
  Arguments arguments, reorder_arguments;
  memory x, filter, blocked_filter, bias, y, scratchpad, reorder_scratchpad;
  bool is_reordered = false;
  int reorder_threads = 1;
};

// More than the distinct convolutions of a large GAN step (about 70); a primitive holds tens of kilobytes of code.
constexpr size_t kMaxPlans = 512;

// Filters up to this size are reordered by the calling thread: 50 us saved by a second one are little beside the
// convolution that follows, and on a busy machine each change between threads can cost milliseconds (measured with
// 64 -> 128 channels, 4x4).
constexpr size_t kSerialReorderBytes = size_t{1} << 20;

// The number of threads that oneDNN gets from OpenMP, while this object lives.
class ThreadLimit {
 public:
  explicit ThreadLimit(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~ThreadLimit() { omp_set_num_threads(before_); }
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  int before_;
};

struct Library {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::list<std::pair<PlanKey, Plan>> plans;  // most recently used first
  std::unordered_map<PlanKey, std::list<std::pair<PlanKey, Plan>>::iterator, PlanKeyHash> plan_by_key;
};

// Never destroyed: oneDNN's own static objects may be gone first when the process ends.
Library& GetLibrary(InstructionSet isa) {
  static Library* library = [isa] {
    // Refused (and without effect) when the process has already made a primitive. Values stay right then.
    if (isa == InstructionSet::kBaseline) dnnl::set_max_cpu_isa(dnnl::cpu_isa::sse41);
    if (isa == InstructionSet::kAvx2) dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2);
    return new Library();
  }();
  return *library;
}

memory::desc Plain(const memory::dims& sizes, memory::format_tag tag) {
  return memory::desc(sizes, memory::data_type::f32, tag);
}

LibraryProblem MakeProblem(const ConvShape& s, bool has_bias) {
  LibraryProblem p;
  p.x = Plain({s.batch, s.in_channels, s.in_height, s.in_width}, memory::format_tag::nhwc);
  p.filter = Plain({s.out_channels, s.in_channels, s.filter_height, s.filter_width}, memory::format_tag::any);
  if (has_bias) p.bias = Plain({s.out_channels}, memory::format_tag::a);
  p.y = Plain({s.batch, s.out_channels, s.out_height, s.out_width}, memory::format_tag::nhwc);
  p.strides = {s.stride_height, s.stride_width};
  p.dilations = {s.dilation_height - 1, s.dilation_width - 1};
  p.pad_begin = {s.pad_top, s.pad_left};
  p.pad_end = {
      TrailingPadding(s.in_height, s.out_height, s.filter_height, s.stride_height, s.dilation_height, s.pad_top),
      TrailingPadding(s.in_width, s.out_width, s.filter_width, s.stride_width, s.dilation_width, s.pad_left)};
  return p;
}

LibraryKernel MakeKernel(const dnnl::engine& engine, const PlanKey& key, const LibraryProblem& problem) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  // An environment variable of oneDNN could otherwise turn on bf16 or TF32 arithmetic.
  attr.set_fpmath_mode(dnnl::fpmath_mode::strict);
  if (static_cast<Pass>(key.pass) == Pass::kInputGradient) return MakeInputGradient(engine, problem, attr);
  if (static_cast<Pass>(key.pass) == Pass::kFilterGradient) return MakeFilterGradient(engine, problem, attr);
  if (key.leaky_relu_bits >= 0) {
    float alpha;
    const int32_t bits = static_cast<int32_t>(key.leaky_relu_bits);
    std::memcpy(&alpha, &bits, sizeof alpha);
    dnnl::post_ops post_ops;
    AppendLeakyRelu(&post_ops, alpha);
    attr.set_post_ops(post_ops);
  }
  return MakeForward(engine, problem, attr);
}

// Throws dnnl::error.
Plan MakePlan(const dnnl::engine& engine, const PlanKey& key) {
  const Pass pass = static_cast<Pass>(key.pass);
  const LibraryProblem problem = MakeProblem(key.shape, key.has_bias != 0);
  const LibraryKernel kernel = MakeKernel(engine, key, problem);
  Plan plan;
  // The reference kernels of oneDNN compute one output at a time, 100 times slower than our own.
  if (kernel.implementation.rfind("ref", 0) == 0) return plan;
  static uint64_t plans_made = 0;
  plan.number = ++plans_made;
  plan.usable = true;
  plan.convolution = kernel.primitive;
  const memory::desc filter =
      Plain({key.shape.out_channels, key.shape.in_channels, key.shape.filter_height, key.shape.filter_width},
            memory::format_tag::hwio);
  const auto empty = [&](const memory::desc& desc) { return memory(desc, engine, DNNL_MEMORY_NONE); };
  plan.x = empty(problem.x);
  plan.filter = empty(filter);
  plan.y = empty(problem.y);
  plan.scratchpad = empty(kernel.scratchpad);
  plan.is_reordered = kernel.filter != filter;
  plan.blocked_filter = plan.is_reordered ? empty(kernel.filter) : plan.filter;
  const bool is_forward = pass == Pass::kForward;
  plan.arguments = {{pass == Pass::kInputGradient ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, plan.x},
                    {pass == Pass::kFilterGradient ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, plan.blocked_filter},
                    {is_forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, plan.y},
                    {DNNL_ARG_SCRATCHPAD, plan.scratchpad}};
  if (key.has_bias != 0) {
    plan.bias = empty(problem.bias);
    plan.arguments.emplace(DNNL_ARG_BIAS, plan.bias);
  }
  if (plan.is_reordered) {
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const bool is_result = pass == Pass::kFilterGradient;
    plan.reorder_threads = filter.get_size() <= kSerialReorderBytes ? 1 : static_cast<int>(key.threads);
    const ThreadLimit limit(plan.reorder_threads);
    const dnnl::reorder::primitive_desc descriptor(engine, is_result ? kernel.filter : filter, engine,
                                                   is_result ? filter : kernel.filter, attr);
    plan.reorder = dnnl::reorder(descriptor);
    plan.reorder_scratchpad = empty(descriptor.scratchpad_desc());
    plan.reorder_arguments = {{DNNL_ARG_FROM, is_result ? plan.blocked_filter : plan.filter},
                              {DNNL_ARG_TO, is_result ? plan.filter : plan.blocked_filter},
                              {DNNL_ARG_SCRATCHPAD, plan.reorder_scratchpad}};
  }
  return plan;
}

Plan& FindPlan(Library& library, const PlanKey& key) {
  const auto known = library.plan_by_key.find(key);
  if (known != library.plan_by_key.end()) {
    library.plans.splice(library.plans.begin(), library.plans, known->second);
    return known->second->second;
  }
  Plan plan;
  try {
    plan = MakePlan(library.engine, key);
  } catch (const dnnl::error& error) {
    // No kernel for this shape is an answer, and is kept like one.
    if (error.status != dnnl_unimplemented && error.status != dnnl_invalid_arguments) throw;
  }
  library.plans.emplace_front(key, std::move(plan));
  library.plan_by_key[key] = library.plans.begin();
  if (library.plans.size() > kMaxPlans) {
    library.plan_by_key.erase(library.plans.back().first);
    library.plans.pop_back();
  }
  return library.plans.front().second;
}

Status SetScratch(ExecutionContext& context, const memory& scratch) {
  const size_t bytes = scratch.get_desc().get_size();
  unsigned char* data = nullptr;
  if (bytes > 0) GGB_RETURN_IF_ERROR(context.Scratch(static_cast<int64_t>(bytes), &data));
  scratch.set_data_handle(data);
  return Status::Ok();
}

Status RunPlan(ExecutionContext& context, Library& library, const Plan& plan, Pass pass, const float* x,
               const float* filter, const float* bias, const float* y) {
  // Handles are not const in oneDNN; each pass writes only its own result.
  plan.x.set_data_handle(const_cast<float*>(x));
  plan.y.set_data_handle(const_cast<float*>(y));
  plan.filter.set_data_handle(const_cast<float*>(filter));
  if (bias != nullptr) plan.bias.set_data_handle(const_cast<float*>(bias));
  GGB_RETURN_IF_ERROR(SetScratch(context, plan.scratchpad));
  KeptForm* blocked = nullptr;
  if (plan.is_reordered) {
    if (pass == Pass::kFilterGradient) {
      GGB_RETURN_IF_ERROR(SetScratch(context, plan.blocked_filter));
    } else {
      const size_t bytes = plan.blocked_filter.get_desc().get_size();
      GGB_RETURN_IF_ERROR(context.kept_forms().Find(filter, plan.number, bytes, &blocked));
      plan.blocked_filter.set_data_handle(blocked->block.data);
    }
    GGB_RETURN_IF_ERROR(SetScratch(context, plan.reorder_scratchpad));
  }
  const auto reorder = [&] {
    const ThreadLimit limit(plan.reorder_threads);
    plan.reorder.execute(library.stream, plan.reorder_arguments);
  };
  if (blocked != nullptr && !blocked->is_filled) {
    reorder();
    blocked->is_filled = true;
  }
  plan.convolution.execute(library.stream, plan.arguments);
  if (plan.is_reordered && pass == Pass::kFilterGradient) reorder();
  return Status::Ok();
}

Status RunLibrary(ExecutionContext& context, InstructionSet isa, Pass pass, const ConvShape& shape, const float* x,
                  const float* filter, const Epilogue& epilogue, const float* y, bool* handled) {
  *handled = false;
  try {
    PlanKey key{shape, static_cast<int64_t>(pass), context.threads(), epilogue.bias != nullptr, -1};
    if (epilogue.activation == Activation::k_leakyrelu) {
      uint32_t bits;
      std::memcpy(&bits, &epilogue.alpha, sizeof bits);
      key.leaky_relu_bits = bits;
    }
    // oneDNN asks OpenMP for the number of threads, both for new primitives and in reorders.
    if (omp_get_max_threads() != context.threads()) omp_set_num_threads(context.threads());
    Library& library = GetLibrary(isa);
    Plan& plan = FindPlan(library, key);
    if (!plan.usable) return Status::Ok();
    *handled = true;
    return RunPlan(context, library, plan, pass, x, filter, epilogue.bias, y);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) return Status(StatusCode::kOutOfMemory, "oneDNN ran out of memory");
    return Status(StatusCode::kLibraryFailure,
                  std::string("oneDNN: ") + error.message + " (status " + std::to_string(error.status) + ")");
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kOutOfMemory, "no memory for a convolution's plan");
  }
}

// A 1x1 filter that leaves rows or columns over has a negative trailing padding. For that the weight gradient of
// oneDNN 2.6.3 writes past its scratchpad (stride 2, channels not a multiple of 16). A 1x1 filter reads only every
// stride-th pixel, so those are gathered into an image of the output's size, and the stride disappears.
bool NeedsGather(const ConvShape& s) {
  return s.filter_height == 1 && s.filter_width == 1 &&
         (TrailingPadding(s.in_height, s.out_height, 1, s.stride_height, 1, s.pad_top) < 0 ||
          TrailingPadding(s.in_width, s.out_width, 1, s.stride_width, 1, s.pad_left) < 0);
}

ConvShape GatheredShape(const ConvShape& s) {
  ConvShape gathered = s;
  gathered.in_height = s.out_height;
  gathered.in_width = s.out_width;
  gathered.stride_height = gathered.stride_width = gathered.dilation_height = gathered.dilation_width = 1;
  gathered.pad_top = gathered.pad_left = 0;
  return gathered;
}

// Calls visit(offset of the pixel in x or -1 in the padding, offset in the gathered image) for each output pixel.
template <class Visit>
void VisitGathered(ExecutionContext& context, const ConvShape& s, const Visit& visit) {
  const int64_t row_work = s.out_width * s.in_channels;
  ParallelFor(context, s.batch * s.out_height, kElementwiseGrain / (row_work + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t n = row / s.out_height;
      const int64_t ih = row % s.out_height * s.stride_height - s.pad_top;
      for (int64_t ow = 0; ow < s.out_width; ++ow) {
        const int64_t iw = ow * s.stride_width - s.pad_left;
        const bool inside = ih >= 0 && ih < s.in_height && iw >= 0 && iw < s.in_width;
        visit(inside ? ((n * s.in_height + ih) * s.in_width + iw) * s.in_channels : -1,
              (row * s.out_width + ow) * s.in_channels);
      }
    }
  });
}

Status Gather(ExecutionContext& context, const ConvShape& s, const float* x, float** gathered) {
  GGB_RETURN_IF_ERROR(context.Scratch(s.batch * s.out_height * s.out_width * s.in_channels, gathered));
  const size_t pixel_bytes = static_cast<size_t>(s.in_channels) * sizeof(float);
  float* to = *gathered;
  VisitGathered(context, s, [=](int64_t from, int64_t offset) {
    if (from >= 0) {
      std::memcpy(to + offset, x + from, pixel_bytes);
    } else {
      std::memset(to + offset, 0, pixel_bytes);
    }
  });
  return Status::Ok();
}

}  // namespace

void PrepareProducts(const ExecutionContext& context, InstructionSet isa) {
  GetLibrary(isa);
  if (omp_get_max_threads() != context.threads()) omp_set_num_threads(context.threads());
}

Status LibraryForward(ExecutionContext& context, InstructionSet isa, const ConvShape& shape, const float* x,
                      const float* filter, const Epilogue& epilogue, float* y, bool* handled) {
  if (IsProductForward(shape, epilogue)) {
    PrepareProducts(context, isa);
    *handled = true;
    return ProductForward(context, shape, x, filter, y);
  }
  if (!NeedsGather(shape)) return RunLibrary(context, isa, Pass::kForward, shape, x, filter, epilogue, y, handled);
  float* gathered = nullptr;
  GGB_RETURN_IF_ERROR(Gather(context, shape, x, &gathered));
  return RunLibrary(context, isa, Pass::kForward, GatheredShape(shape), gathered, filter, epilogue, y, handled);
}

Status LibraryInputGradient(ExecutionContext& context, InstructionSet isa, const ConvShape& shape, const float* dy,
                            const float* filter, float* dx, bool* handled) {
  if (IsProductInputGradient(shape)) {
    PrepareProducts(context, isa);
    *handled = true;
    return ProductInputGradient(context, shape, dy, filter, dx);
  }
  if (!NeedsGather(shape)) {
    return RunLibrary(context, isa, Pass::kInputGradient, shape, dx, filter, Epilogue(), dy, handled);
  }
  float* gathered = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(shape.batch * shape.out_height * shape.out_width * shape.in_channels, &gathered));
  GGB_RETURN_IF_ERROR(
      RunLibrary(context, isa, Pass::kInputGradient, GatheredShape(shape), gathered, filter, Epilogue(), dy, handled));
  if (!*handled) return Status::Ok();
  ParallelFor(context, shape.InCount(), kElementwiseGrain, [=](int64_t begin, int64_t end) {
    std::memset(dx + begin, 0, static_cast<size_t>(end - begin) * sizeof(float));
  });
  const size_t pixel_bytes = static_cast<size_t>(shape.in_channels) * sizeof(float);
  VisitGathered(context, shape, [=](int64_t to, int64_t offset) {
    if (to >= 0) std::memcpy(dx + to, gathered + offset, pixel_bytes);
  });
  return Status::Ok();
}

Status LibraryFilterGradient(ExecutionContext& context, InstructionSet isa, const ConvShape& shape, const float* x,
                             const float* dy, float* dfilter, bool* handled) {
  if (IsProductFilterGradient(shape)) {
    PrepareProducts(context, isa);
    *handled = true;
    return ProductFilterGradient(context, shape, x, dy, dfilter);
  }
  if (!NeedsGather(shape)) {
    return RunLibrary(context, isa, Pass::kFilterGradient, shape, x, dfilter, Epilogue(), dy, handled);
  }
  float* gathered = nullptr;
  GGB_RETURN_IF_ERROR(Gather(context, shape, x, &gathered));
  return RunLibrary(context, isa, Pass::kFilterGradient, GatheredShape(shape), gathered, dfilter, Epilogue(), dy,
                    handled);
}

}  // namespace ggb::conv
