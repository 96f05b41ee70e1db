// The border of the image addon to JavaScript: arguments in, promises out. TypeScript (images.ts) has checked every
// value.
#include <napi.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "images/decode.h"
#include "images/image-cache.h"
#include "images/pair-scoring-job.h"
#include "images/thread-pool.h"

namespace {

using ggb::images::Image;
using ggb::images::ImageCache;
using ggb::images::Job;
using ggb::images::PairFiles;
using ggb::images::PairOutcome;
using ggb::images::PairScoringJob;
using ggb::images::Problem;
using ggb::images::RangeSource;
using ggb::images::ScoreRequest;
using ggb::images::ThreadPool;
using ggb::images::Workspace;

Napi::Object ProblemToJs(Napi::Env env, const Problem& problem) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("kind", ggb::images::ProblemKindName(problem.kind));
  object.Set("message", problem.message);
  return object;
}

Napi::Object OutcomeToJs(Napi::Env env, const PairOutcome& outcome, const ScoreRequest& request) {
  Napi::Object result = Napi::Object::New(env);
  if (outcome.problem.found()) {
    Napi::Object problem = ProblemToJs(env, outcome.problem);
    problem.Set("side", outcome.is_in_real ? "real" : "generated");
    result.Set("problem", problem);
    return result;
  }
  Napi::Object values = Napi::Object::New(env);
  if (request.wants_ssim) values.Set("ssim", outcome.ssim);
  if (request.wants_psnr) values.Set("psnr", outcome.psnr);
  if (request.wants_l1) values.Set("l1", outcome.l1);
  result.Set("values", values);
  return result;
}

class DecodeJob : public Job {
 public:
  using Ended = std::function<void(std::shared_ptr<DecodeJob>)>;
  DecodeJob(std::string path, Ended ended) : Job(1, 1), path_(std::move(path)), ended_(std::move(ended)) {}

  void Run(size_t, Workspace* workspace) override {
    try {
      problem_ = ggb::images::DecodeFile(path_, workspace, &image_);
    } catch (const std::bad_alloc&) {
      problem_.kind = ggb::images::ProblemKind::kOutOfMemory;
    }
    workspace->Trim();
  }
  void OnEnd(std::shared_ptr<Job> self) override { ended_(std::static_pointer_cast<DecodeJob>(std::move(self))); }

  Napi::Object ToJs(Napi::Env env) const {
    if (problem_.found()) {
      Napi::Object result = Napi::Object::New(env);
      result.Set("problem", ProblemToJs(env, problem_));
      return result;
    }
    Napi::Object result = Napi::Object::New(env);
    Napi::Uint8Array data = Napi::Uint8Array::New(env, image_.bytes());
    std::copy_n(image_.data(), image_.bytes(), data.Data());
    result.Set("data", data);
    result.Set("width", image_.width);
    result.Set("height", image_.height);
    return result;
  }

 private:
  const std::string path_;
  Ended ended_;
  Image image_;
  Problem problem_;
};

// What one JavaScript environment owns. Threads end before it does.
class Instance {
 public:
  explicit Instance(Napi::Env env) {
    // One for all jobs, made before the clean-up hook: hooks run last first, so no thread can call it once it is gone.
    wake_ = Napi::ThreadSafeFunction::New(env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}), "ggb images",
                                          0, 1);
    wake_.Unref(env);
    napi_add_env_cleanup_hook(
        env, [](void* instance) { static_cast<Instance*>(instance)->pool_.Stop(); }, this);
  }

  // scorePairFiles(paths: string[], settings: Float64Array, threads: number): { id, ended: Promise }
  Napi::Value ScorePairFiles(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    const Napi::Array paths = info[0].As<Napi::Array>();
    std::vector<PairFiles> pairs(paths.Length() / 2);
    for (uint32_t i = 0; i < pairs.size(); ++i) {
      const Napi::HandleScope scope(env);
      pairs[i].real = paths.Get(2 * i).As<Napi::String>().Utf8Value();
      pairs[i].generated = paths.Get(2 * i + 1).As<Napi::String>().Utf8Value();
    }
    const ScoreRequest request = RequestOf(info[1].As<Napi::Float64Array>());
    const int threads = info[2].As<Napi::Number>().Int32Value();
    const uint32_t id = next_id_++;
    Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
    auto job = std::make_shared<PairScoringJob>(
        std::move(pairs), request, threads, &real_images_, [this, deferred, id](std::shared_ptr<PairScoringJob> ended) {
          Finish([this, deferred, id, ended = std::move(ended)](Napi::Env js) {
            scoring_.erase(id);
            if (ended->is_cancelled()) {
              deferred.Resolve(js.Null());
              return;
            }
            Napi::Array results = Napi::Array::New(js, ended->outcomes().size());
            for (uint32_t i = 0; i < ended->outcomes().size(); ++i) {
              const Napi::HandleScope scope(js);
              results.Set(i, OutcomeToJs(js, ended->outcomes()[i], ended->request()));
            }
            deferred.Resolve(results);
          });
        });
    scoring_[id] = job;
    if (!Start(env, job)) return env.Undefined();
    Napi::Object handle = Napi::Object::New(env);
    handle.Set("id", id);
    handle.Set("ended", deferred.Promise());
    return handle;
  }

  // cancel(id): nothing happens when the call is over.
  Napi::Value Cancel(const Napi::CallbackInfo& info) {
    const auto found = scoring_.find(info[0].As<Napi::Number>().Uint32Value());
    if (found != scoring_.end()) pool_.Cancel(found->second);
    return info.Env().Undefined();
  }

  // statistics(): { decodedRealImages } since the start, for tests of the cache
  Napi::Value Statistics(const Napi::CallbackInfo& info) {
    Napi::Object statistics = Napi::Object::New(info.Env());
    statistics.Set("decodedRealImages", static_cast<double>(real_images_.decoded()));
    return statistics;
  }

  // decodeFile(path): Promise<{ data, width, height } | { problem }>
  Napi::Value DecodeFile(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
    auto job = std::make_shared<DecodeJob>(
        info[0].As<Napi::String>().Utf8Value(), [this, deferred](std::shared_ptr<DecodeJob> ended) {
          Finish([deferred, ended = std::move(ended)](Napi::Env js) { deferred.Resolve(ended->ToJs(js)); });
        });
    if (!Start(env, job)) return env.Undefined();
    return deferred.Promise();
  }

 private:
  using Continuation = std::function<void(Napi::Env)>;

  // The order of `settingsOf` in images.ts.
  static ScoreRequest RequestOf(const Napi::Float64Array& settings) {
    ScoreRequest request;
    size_t at = 0;
    const auto next = [&] { return settings[at++]; };
    request.is_gaussian = next() != 0;
    request.window = static_cast<int>(next());
    request.sigma = next();
    request.is_sample = next() != 0;
    request.k1 = next();
    request.k2 = next();
    request.range_source = static_cast<RangeSource>(static_cast<int>(next()));
    request.data_range = next();
    request.pad_left = static_cast<int>(next());
    request.pad_right = static_cast<int>(next());
    request.pad_value = static_cast<int>(next());
    request.wants_ssim = next() != 0;
    request.wants_psnr = next() != 0;
    request.wants_l1 = next() != 0;
    return request;
  }

  bool Start(Napi::Env env, const std::shared_ptr<Job>& job) {
    // A pending job keeps the program running.
    if (pending_++ == 0) wake_.Ref(env);
    if (pool_.Submit(job)) return true;
    if (--pending_ == 0) wake_.Unref(env);
    Napi::Error::New(env, "no thread could be started to read images").ThrowAsJavaScriptException();
    return false;
  }

  // On any thread: runs `continuation` on JavaScript's.
  void Finish(Continuation continuation) {
    auto* boxed = new Continuation(std::move(continuation));
    const napi_status status =
        wake_.NonBlockingCall(boxed, [this](Napi::Env env, Napi::Function, Continuation* received) {
          const std::unique_ptr<Continuation> owned(received);
          if (env == nullptr) return;  // the environment is ending
          (*owned)(env);
          if (--pending_ == 0) wake_.Unref(env);
        });
    if (status != napi_ok) delete boxed;
  }

  ImageCache real_images_;
  Napi::ThreadSafeFunction wake_;
  std::unordered_map<uint32_t, std::shared_ptr<PairScoringJob>> scoring_;
  uint32_t next_id_ = 0;
  int pending_ = 0;
  ThreadPool pool_;  // last: its threads use the rest
};

Napi::Value ScorePairFiles(const Napi::CallbackInfo& info) {
  return info.Env().GetInstanceData<Instance>()->ScorePairFiles(info);
}
Napi::Value Cancel(const Napi::CallbackInfo& info) { return info.Env().GetInstanceData<Instance>()->Cancel(info); }
Napi::Value Statistics(const Napi::CallbackInfo& info) {
  return info.Env().GetInstanceData<Instance>()->Statistics(info);
}
Napi::Value DecodeFile(const Napi::CallbackInfo& info) {
  return info.Env().GetInstanceData<Instance>()->DecodeFile(info);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Instance(env));
  exports.Set("jpegLibrary", ggb::images::JpegLibrary());
  exports.Set("pngLibrary", ggb::images::PngLibrary());
  exports.Set("scorePairFiles", Napi::Function::New(env, ScorePairFiles, "scorePairFiles"));
  exports.Set("cancel", Napi::Function::New(env, Cancel, "cancel"));
  exports.Set("statistics", Napi::Function::New(env, Statistics, "statistics"));
  exports.Set("decodeFile", Napi::Function::New(env, DecodeFile, "decodeFile"));
  return exports;
}

}  // namespace

NODE_API_MODULE(native_images, Init)
