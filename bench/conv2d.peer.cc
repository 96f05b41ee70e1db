// The peer of bench/conv2d.bench.ts: a convolution primitive of oneDNN alone. Every layout is the library's choice and
// in place before the clock starts; nothing is reordered, allocated or looked up while it runs.
#include <napi.h>
#include <omp.h>

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include "ops/standard/conv2d/conv.onednn.h"

namespace {

using dnnl::memory;

// One primitive with its operands, kept between calls so that ours and the peer's runs can alternate.
class Peer : public Napi::ObjectWrap<Peer> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "Peer",
        {InstanceMethod("run", &Peer::Run), InstanceAccessor("implementation", &Peer::Implementation, nullptr)});
  }

  // new Peer(pass: 'forward' | 'inputGradient' | 'filterGradient', sizes: number[15] as in conv.h, threads)
  explicit Peer(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Peer>(info) {
    const std::string pass = info[0].As<Napi::String>().Utf8Value();
    const Napi::Array sizes = info[1].As<Napi::Array>();
    std::vector<int64_t> s;
    for (uint32_t i = 0; i < sizes.Length(); ++i) {
      s.push_back(sizes.Get(i).As<Napi::Number>().Int64Value());
    }
    omp_set_num_threads(info[2].As<Napi::Number>().Int32Value());
    try {
      Prepare(pass, s);
    } catch (const dnnl::error& error) {
      Napi::Error::New(info.Env(), error.message).ThrowAsJavaScriptException();
    }
  }

 private:
  void Prepare(const std::string& pass, const std::vector<int64_t>& s) {
    const auto any = [](const memory::dims& dims) {
      return memory::desc(dims, memory::data_type::f32, memory::format_tag::any);
    };
    const auto trailing = [](int64_t in, int64_t out, int64_t filter, int64_t stride, int64_t leading) {
      return (out - 1) * stride + filter - in - leading;
    };
    ggb::conv::LibraryProblem problem;
    problem.x = any({s[0], s[3], s[1], s[2]});
    problem.filter = any({s[6], s[3], s[7], s[8]});
    problem.y = any({s[0], s[6], s[4], s[5]});
    problem.strides = {s[9], s[10]};
    problem.dilations = {s[11] - 1, s[12] - 1};
    problem.pad_begin = {s[13], s[14]};
    problem.pad_end = {trailing(s[1], s[4], s[7], s[9], s[13]), trailing(s[2], s[5], s[8], s[10], s[14])};
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (pass == "forward") {
      kernel_ = ggb::conv::MakeForward(engine_, problem, attr);
      SetArguments(DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST);
    } else if (pass == "inputGradient") {
      kernel_ = ggb::conv::MakeInputGradient(engine_, problem, attr);
      SetArguments(DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST);
    } else {
      kernel_ = ggb::conv::MakeFilterGradient(engine_, problem, attr);
      SetArguments(DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST);
    }
  }

  void SetArguments(int x, int filter, int y) {
    arguments_ = {{x, Filled(kernel_.x)},
                  {filter, Filled(kernel_.filter)},
                  {y, Filled(kernel_.y)},
                  {DNNL_ARG_SCRATCHPAD, memory(kernel_.scratchpad, engine_)}};
  }

  memory Filled(const memory::desc& desc) {
    memory result(desc, engine_);
    float* values = static_cast<float*>(result.get_data_handle());
    for (size_t i = 0; i < desc.get_size() / sizeof(float); ++i) values[i] = static_cast<float>(i % 17) - 8.0f;
    return result;
  }

  // One execution; milliseconds.
  Napi::Value Run(const Napi::CallbackInfo& info) {
    const auto start = std::chrono::steady_clock::now();
    kernel_.primitive.execute(stream_, arguments_);
    stream_.wait();
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    return Napi::Number::New(info.Env(), elapsed.count());
  }

  Napi::Value Implementation(const Napi::CallbackInfo& info) {
    return Napi::String::New(info.Env(), kernel_.implementation);
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  ggb::conv::LibraryKernel kernel_;
  std::unordered_map<int, memory> arguments_;
};

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Peer", Peer::Define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(conv2d_peer, Init)
