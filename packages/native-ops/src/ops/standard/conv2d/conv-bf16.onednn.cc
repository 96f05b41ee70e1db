// Which bfloat16 kernel runs, and oneDNN's, for processors without AMX. Images stay plain NHWC; they and the filter are
// rounded once until they change (runtime/kept-forms.h): an image that a pass and its filter gradient read is rounded
// for both.
#include <omp.h>
#include <dnnl.hpp>

#include <array>
#include <map>
#include <string>

#include "ops/standard/conv2d/conv-bf16.h"
#include "ops/standard/conv2d/conv.onednn.h"

namespace ggb::conv {
namespace {

using dnnl::memory;

// Fewer channels than a vector or tile has lanes for: float32 is as fast or faster.
constexpr int64_t kFewChannels = 16;

bool IsUndilated(const ConvShape& s) { return s.dilation_height == 1 && s.dilation_width == 1; }

// oneDNN 2.6.3 must not see a 1x1 filter that leaves rows over (conv.onednn.cc).
bool LeavesRowsOver(const ConvShape& s) {
  return TrailingPadding(s.in_height, s.out_height, s.filter_height, s.stride_height, 1, s.pad_top) < 0 ||
         TrailingPadding(s.in_width, s.out_width, s.filter_width, s.stride_width, 1, s.pad_left) < 0;
}

// A tensor that is rounded (or, for the filter's gradient, brought back to its layout).
struct Conversion {
  memory from, to, scratchpad;
  dnnl::reorder reorder;
};

struct Plan {
  bool is_usable = false;
  uint64_t number = 0;
  dnnl::primitive convolution;
  std::unordered_map<int, memory> arguments;
  Conversion x, filter, y;
  memory result, scratchpad;
};

struct Library {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<std::array<int64_t, 17>, Plan> plans;
  uint64_t plans_made = 0;
};

// More than the distinct convolutions of a large GAN step.
constexpr size_t kMaxPlans = 512;

// Keys of kept forms: apart from those of conv.onednn.cc and conv-bf16.amx.cc.
constexpr uint64_t kImageForm = uint64_t{3} << 40;
constexpr uint64_t kFilterForm = uint64_t{4} << 40;

// Never destroyed: oneDNN's own static objects may be gone first when the process ends.
Library& GetLibrary() {
  static Library* library = new Library();
  return *library;
}

Conversion MakeConversion(const dnnl::engine& engine, const memory::desc& from, const memory::desc& to) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc descriptor(engine, from, engine, to, attr);
  const auto empty = [&](const memory::desc& desc) { return memory(desc, engine, DNNL_MEMORY_NONE); };
  return {empty(from), empty(to), empty(descriptor.scratchpad_desc()), dnnl::reorder(descriptor)};
}

// Throws dnnl::error.
Plan MakePlan(Library& library, const ConvShape& s, Pass pass) {
  const memory::dims x{s.batch, s.in_channels, s.in_height, s.in_width};
  const memory::dims filter{s.out_channels, s.in_channels, s.filter_height, s.filter_width};
  const memory::dims y{s.batch, s.out_channels, s.out_height, s.out_width};
  constexpr auto kF32 = memory::data_type::f32, kBf16 = memory::data_type::bf16;
  const auto type = [&](Pass result) { return pass == result ? kF32 : kBf16; };
  LibraryProblem problem;
  problem.x = memory::desc(x, type(Pass::kInputGradient), memory::format_tag::nhwc);
  problem.filter = memory::desc(filter, type(Pass::kFilterGradient), memory::format_tag::any);
  problem.y = memory::desc(y, type(Pass::kForward), memory::format_tag::nhwc);
  problem.strides = {s.stride_height, s.stride_width};
  problem.dilations = {0, 0};
  problem.pad_begin = {s.pad_top, s.pad_left};
  problem.pad_end = {TrailingPadding(s.in_height, s.out_height, s.filter_height, s.stride_height, 1, s.pad_top),
                     TrailingPadding(s.in_width, s.out_width, s.filter_width, s.stride_width, 1, s.pad_left)};
  LibraryProblem forward = problem;
  forward.x = memory::desc(x, kBf16, memory::format_tag::nhwc);
  forward.filter = memory::desc(filter, kBf16, memory::format_tag::any);
  forward.y = memory::desc(y, kBf16, memory::format_tag::nhwc);
  problem.forward = &forward;
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::engine& engine = library.engine;
  const LibraryKernel kernel = pass == Pass::kForward         ? MakeForward(engine, problem, attr)
                               : pass == Pass::kInputGradient ? MakeInputGradient(engine, problem, attr)
                                                              : MakeFilterGradient(engine, problem, attr);
  Plan plan;
  plan.number = ++library.plans_made;
  // Its reference kernels compute one output at a time.
  if (kernel.implementation.rfind("ref", 0) == 0) return plan;
  plan.is_usable = true;
  plan.convolution = kernel.primitive;
  const memory::desc plain_filter(filter, kF32, memory::format_tag::hwio);
  const auto rounded = [&](const memory::dims& sizes, const memory::desc& to) {
    return MakeConversion(engine, memory::desc(sizes, kF32, memory::format_tag::nhwc), to);
  };
  const auto empty = [&](const memory::desc& desc) { return memory(desc, engine, DNNL_MEMORY_NONE); };
  plan.scratchpad = empty(kernel.scratchpad);
  if (pass != Pass::kInputGradient) plan.x = rounded(x, problem.x);
  if (pass != Pass::kForward) plan.y = rounded(y, problem.y);
  plan.filter = pass == Pass::kFilterGradient ? MakeConversion(engine, kernel.filter, plain_filter)
                                              : MakeConversion(engine, plain_filter, kernel.filter);
  if (pass == Pass::kForward) {
    plan.result = empty(problem.y);
    plan.arguments = {{DNNL_ARG_SRC, plan.x.to}, {DNNL_ARG_WEIGHTS, plan.filter.to}, {DNNL_ARG_DST, plan.result}};
  } else if (pass == Pass::kInputGradient) {
    plan.result = empty(problem.x);
    plan.arguments = {
        {DNNL_ARG_DIFF_DST, plan.y.to}, {DNNL_ARG_WEIGHTS, plan.filter.to}, {DNNL_ARG_DIFF_SRC, plan.result}};
  } else {
    plan.arguments = {
        {DNNL_ARG_SRC, plan.x.to}, {DNNL_ARG_DIFF_DST, plan.y.to}, {DNNL_ARG_DIFF_WEIGHTS, plan.filter.from}};
  }
  plan.arguments.emplace(DNNL_ARG_SCRATCHPAD, plan.scratchpad);
  return plan;
}

Plan& FindPlan(Library& library, const ConvShape& s, Pass pass, int threads) {
  const std::array<int64_t, 17> key{static_cast<int64_t>(pass),
                                    threads,
                                    s.batch,
                                    s.in_height,
                                    s.in_width,
                                    s.in_channels,
                                    s.out_height,
                                    s.out_width,
                                    s.out_channels,
                                    s.filter_height,
                                    s.filter_width,
                                    s.stride_height,
                                    s.stride_width,
                                    s.dilation_height,
                                    s.dilation_width,
                                    s.pad_top,
                                    s.pad_left};
  const auto known = library.plans.find(key);
  if (known != library.plans.end()) return known->second;
  if (library.plans.size() == kMaxPlans) library.plans.clear();
  Plan plan;
  try {
    plan = MakePlan(library, s, pass);
  } catch (const dnnl::error& error) {
    // No kernel for this shape is an answer, and is kept like one.
    if (error.status != dnnl_unimplemented && error.status != dnnl_invalid_arguments) throw;
  }
  return library.plans[key] = std::move(plan);
}

Status SetScratch(ExecutionContext& context, const memory& scratch) {
  const size_t bytes = scratch.get_desc().get_size();
  unsigned char* data = nullptr;
  if (bytes > 0) GGB_RETURN_IF_ERROR(context.Scratch(static_cast<int64_t>(bytes), &data));
  scratch.set_data_handle(data);
  return Status::Ok();
}

void Run(const Library& library, const Conversion& conversion) {
  conversion.reorder.execute(
      library.stream,
      {{DNNL_ARG_FROM, conversion.from}, {DNNL_ARG_TO, conversion.to}, {DNNL_ARG_SCRATCHPAD, conversion.scratchpad}});
}

// Lets `conversion.to` be the rounded form of `values`.
Status Prepare(ExecutionContext& context, const Library& library, const Conversion& conversion, uint64_t key,
               const float* values) {
  KeptForm* form = nullptr;
  GGB_RETURN_IF_ERROR(context.kept_forms().Find(values, key, conversion.to.get_desc().get_size(), &form));
  conversion.to.set_data_handle(form->block.data);
  if (form->is_filled) return Status::Ok();
  // Handles are not const in oneDNN.
  conversion.from.set_data_handle(const_cast<float*>(values));
  GGB_RETURN_IF_ERROR(SetScratch(context, conversion.scratchpad));
  Run(library, conversion);
  form->is_filled = true;
  return Status::Ok();
}

Status RunLibrary(ExecutionContext& context, const ConvShape& shape, Pass pass, const float* x, const float* filter,
                  const float* y, float* result, bool* handled) {
  try {
    if (omp_get_max_threads() != context.threads()) omp_set_num_threads(context.threads());
    Library& library = GetLibrary();
    const Plan& plan = FindPlan(library, shape, pass, context.threads());
    *handled = plan.is_usable;
    if (!plan.is_usable) return Status::Ok();
    GGB_RETURN_IF_ERROR(SetScratch(context, plan.scratchpad));
    if (x != nullptr) GGB_RETURN_IF_ERROR(Prepare(context, library, plan.x, kImageForm, x));
    if (y != nullptr) GGB_RETURN_IF_ERROR(Prepare(context, library, plan.y, kImageForm, y));
    if (filter != nullptr) {
      GGB_RETURN_IF_ERROR(Prepare(context, library, plan.filter, kFilterForm + plan.number, filter));
      plan.result.set_data_handle(result);
      plan.convolution.execute(library.stream, plan.arguments);
      return Status::Ok();
    }
    GGB_RETURN_IF_ERROR(SetScratch(context, plan.filter.from));
    GGB_RETURN_IF_ERROR(SetScratch(context, plan.filter.scratchpad));
    plan.filter.to.set_data_handle(result);
    plan.convolution.execute(library.stream, plan.arguments);
    Run(library, plan.filter);
    return Status::Ok();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) return Status(StatusCode::kOutOfMemory, "oneDNN ran out of memory");
    return Status(StatusCode::kLibraryFailure,
                  std::string("oneDNN: ") + error.message + " (status " + std::to_string(error.status) + ")");
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kOutOfMemory, "no memory for a convolution's plan");
  }
}

// ONEDNN_MAX_CPU_ISA holds for our kernels too: without AMX, oneDNN's run.
bool UsesAmx() {
  static const bool uses = [] {
    const int isa = static_cast<int>(dnnl::get_effective_cpu_isa());
    const int amx = static_cast<int>(dnnl::cpu_isa::avx512_core_amx);
    return (isa & amx) == amx && ProcessorHasAmx();
  }();
  return uses;
}

}  // namespace

Status Bf16Forward(ExecutionContext& context, const ConvShape& s, const float* x, const float* filter, float* y,
                   bool* handled) {
  *handled = IsUndilated(s) && s.in_channels >= kFewChannels;
  if (!*handled) return Status::Ok();
  if (UsesAmx()) return AmxForward(context, s, x, filter, y);
  *handled = !LeavesRowsOver(s);
  return *handled ? RunLibrary(context, s, Pass::kForward, x, filter, nullptr, y, handled) : Status::Ok();
}

Status Bf16InputGradient(ExecutionContext& context, const ConvShape& s, const float* dy, const float* filter, float* dx,
                         bool* handled) {
  *handled = IsUndilated(s) && s.out_channels >= kFewChannels;
  if (!*handled) return Status::Ok();
  if (UsesAmx()) return AmxInputGradient(context, s, dy, filter, dx);
  *handled = !LeavesRowsOver(s);
  return *handled ? RunLibrary(context, s, Pass::kInputGradient, nullptr, filter, dy, dx, handled) : Status::Ok();
}

Status Bf16FilterGradient(ExecutionContext& context, const ConvShape& s, const float* x, const float* dy,
                          float* dfilter, bool* handled) {
  // AMX takes pairs of pixels of one row. The same holds without it, so that the shape alone says what is rounded.
  *handled = IsUndilated(s) && s.in_channels >= kFewChannels && s.out_width % 2 == 0;
  if (!*handled) return Status::Ok();
  if (UsesAmx()) return AmxFilterGradient(context, s, x, dy, dfilter);
  *handled = !LeavesRowsOver(s);
  return *handled ? RunLibrary(context, s, Pass::kFilterGradient, x, nullptr, dy, dfilter, handled) : Status::Ok();
}

}  // namespace ggb::conv
