// The border to JavaScript: converts arguments, calls, translates Status. No arithmetic, no knowledge of any op.
#include <napi.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include <omp.h>

#include "ops/registry.h"
#include "runtime/bfloat16-support.h"
#include "runtime/build-info.h"
#include "runtime/held-signals.h"
#include "runtime/interpreter.h"

namespace ggb {
Napi::Value ScoreImages(const Napi::CallbackInfo& info);  // image-similarity.cc
}

namespace {

// libgomp keeps one team of threads per calling thread, and engine state is not locked: one JavaScript environment per
// process may run native kernels. The first that creates an engine owns them until it ends.
std::atomic<napi_env> g_owner{nullptr};

bool Claim(napi_env env) {
  napi_env expected = nullptr;
  if (g_owner.compare_exchange_strong(expected, env)) {
    napi_add_env_cleanup_hook(
        env, [](void*) { g_owner.store(nullptr); }, nullptr);
    return true;
  }
  return expected == env;
}

Napi::Value StatusToJs(Napi::Env env, const ggb::Status& status, int opcode, int sequence) {
  if (status.ok()) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("code", static_cast<int>(status.code()));
  object.Set("message", status.message());
  object.Set("opcode", opcode);
  object.Set("sequence", sequence);
  return object;
}

class Engine : public Napi::ObjectWrap<Engine> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "Engine",
        {InstanceMethod("run", &Engine::Run), InstanceMethod("upload", &Engine::Upload),
         InstanceMethod("download", &Engine::Download), InstanceMethod("statistics", &Engine::Statistics),
         InstanceMethod("profile", &Engine::Profile), InstanceMethod("bfloat16Problem", &Engine::Bfloat16Problem),
         InstanceMethod("trim", &Engine::Trim), InstanceMethod("dispose", &Engine::Dispose)});
  }

  // new Engine(threads, instructionSet or '', guarded)
  explicit Engine(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Engine>(info) {
    Napi::Env env = info.Env();
    if (info.Length() != 3 || !info[0].IsNumber() || !info[1].IsString() || !info[2].IsBoolean()) {
      Napi::TypeError::New(env, "Engine(threads: number, instructionSet: string, guarded: boolean)")
          .ThrowAsJavaScriptException();
      return;
    }
    if (!Claim(env)) {
      Napi::Error error = Napi::Error::New(env, "another thread of this process already runs the native backend");
      error.Set("code", Napi::String::New(env, "GGB_SECOND_ENVIRONMENT"));
      error.ThrowAsJavaScriptException();
      return;
    }
    const int threads = info[0].As<Napi::Number>().Int32Value();
    const std::string name = info[1].As<Napi::String>().Utf8Value();
    ggb::InstructionSet isa = ggb::BestInstructionSet();
    if (threads < 1 || (!name.empty() && !ggb::ParseInstructionSet(name.c_str(), &isa))) {
      Napi::RangeError::New(env, "unknown or unavailable instruction set, or fewer than one thread")
          .ThrowAsJavaScriptException();
      return;
    }
    // oneDNN takes its thread count from here when a primitive is made.
    omp_set_num_threads(threads);
    interpreter_ = std::make_unique<ggb::Interpreter>(threads, isa, info[2].As<Napi::Boolean>().Value());
  }

 private:
  bool Ready(Napi::Env env) {
    if (interpreter_) return true;
    Napi::Error::New(env, "the engine was disposed").ThrowAsJavaScriptException();
    return false;
  }

  // Bytes of a typed array; null when the argument is none.
  static unsigned char* Bytes(const Napi::Value& value, size_t* bytes) {
    if (!value.IsTypedArray()) return nullptr;
    Napi::TypedArray array = value.As<Napi::TypedArray>();
    *bytes = array.ByteLength();
    static unsigned char empty = 0;
    if (*bytes == 0) return &empty;
    return static_cast<unsigned char*>(array.ArrayBuffer().Data()) + array.ByteOffset();
  }

  // run(words: Int32Array): null or the error
  Napi::Value Run(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    size_t bytes = 0;
    const unsigned char* words = info.Length() == 1 ? Bytes(info[0], &bytes) : nullptr;
    if (words == nullptr || !Ready(env)) {
      if (!env.IsExceptionPending()) Napi::TypeError::New(env, "run(words: Int32Array)").ThrowAsJavaScriptException();
      return env.Undefined();
    }
    const ggb::HeldSignals held;
    const ggb::StreamError error =
        interpreter_->Run(reinterpret_cast<const int32_t*>(words), static_cast<int64_t>(bytes / sizeof(int32_t)));
    return StatusToJs(env, error.status, error.opcode, error.sequence);
  }

  // Arguments of upload and download: (index, generation, typed array).
  bool Transfer(const Napi::CallbackInfo& info, ggb::BufferHandle* handle, unsigned char** data, size_t* bytes) {
    Napi::Env env = info.Env();
    if (info.Length() == 3 && info[0].IsNumber() && info[1].IsNumber()) *data = Bytes(info[2], bytes);
    if (*data == nullptr) {
      Napi::TypeError::New(env, "(index: number, generation: number, values: TypedArray)").ThrowAsJavaScriptException();
      return false;
    }
    handle->index = info[0].As<Napi::Number>().Int32Value();
    handle->generation = info[1].As<Napi::Number>().Int32Value();
    return Ready(env);
  }

  // upload: creates the buffer and copies the values into it.
  Napi::Value Upload(const Napi::CallbackInfo& info) {
    ggb::BufferHandle handle;
    unsigned char* data = nullptr;
    size_t bytes = 0;
    if (!Transfer(info, &handle, &data, &bytes)) return info.Env().Undefined();
    ggb::Status status = interpreter_->buffers().Create(handle, static_cast<int64_t>(bytes));
    const ggb::Block* block = nullptr;
    if (status.ok()) status = interpreter_->buffers().Find(handle, &block);
    if (status.ok()) std::memcpy(block->data, data, bytes);
    return StatusToJs(info.Env(), status, 0, -1);
  }

  Napi::Value Download(const Napi::CallbackInfo& info) {
    ggb::BufferHandle handle;
    unsigned char* data = nullptr;
    size_t bytes = 0;
    if (!Transfer(info, &handle, &data, &bytes)) return info.Env().Undefined();
    const ggb::Block* block = nullptr;
    ggb::Status status = interpreter_->buffers().Find(handle, &block);
    if (status.ok() && block->bytes < bytes) {
      status = ggb::Status(ggb::StatusCode::kInvalidShape, "the buffer has " + std::to_string(block->bytes) +
                                                               " bytes, " + std::to_string(bytes) + " were asked for");
    }
    if (status.ok()) std::memcpy(data, block->data, bytes);
    return StatusToJs(info.Env(), status, 0, -1);
  }

  Napi::Value Statistics(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (!Ready(env)) return env.Undefined();
    const ggb::Allocator& allocator = interpreter_->allocator();
    Napi::Object object = Napi::Object::New(env);
    object.Set("buffers", static_cast<double>(interpreter_->buffers().live_buffers()));
    object.Set("liveBytes", static_cast<double>(allocator.live_bytes()));
    object.Set("peakBytes", static_cast<double>(allocator.peak_bytes()));
    object.Set("cachedBytes", static_cast<double>(allocator.cached_bytes()));
    object.Set("threads", interpreter_->threads());
    object.Set("instructionSet", ggb::InstructionSetName(interpreter_->isa()));
    object.Set("guarded", allocator.guarded());
    return object;
  }

  // profile(enabled) -> [{ opcode, nanoseconds, words }] of the commands since the last call
  Napi::Value Profile(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (!Ready(env)) return env.Undefined();
    const bool enabled = info.Length() > 0 && info[0].IsBoolean() && info[0].As<Napi::Boolean>().Value();
    Napi::Array times = Napi::Array::New(env);
    for (const ggb::Interpreter::CommandTime& command : interpreter_->Profile(enabled)) {
      Napi::Int32Array words = Napi::Int32Array::New(env, command.arguments.size());
      std::copy(command.arguments.begin(), command.arguments.end(), words.Data());
      Napi::Object row = Napi::Object::New(env);
      row.Set("opcode", command.opcode);
      row.Set("nanoseconds", static_cast<double>(command.nanoseconds));
      row.Set("words", words);
      times.Set(times.Length(), row);
    }
    return times;
  }

  // bfloat16Problem(): null or { reason, remedy }
  Napi::Value Bfloat16Problem(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (!Ready(env)) return env.Undefined();
    const ggb::Bfloat16Problem problem = ggb::FindBfloat16Problem(interpreter_->isa());
    if (problem.reason.empty()) return env.Null();
    Napi::Object object = Napi::Object::New(env);
    object.Set("reason", problem.reason);
    object.Set("remedy", problem.remedy);
    return object;
  }

  Napi::Value Trim(const Napi::CallbackInfo& info) {
    if (Ready(info.Env())) interpreter_->Trim();
    return info.Env().Undefined();
  }

  Napi::Value Dispose(const Napi::CallbackInfo& info) {
    interpreter_.reset();
    return info.Env().Undefined();
  }

  std::unique_ptr<ggb::Interpreter> interpreter_;
};

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  Napi::Array ops = Napi::Array::New(env);
  for (int i = 0; i < ggb::OpCount(); ++i) {
    const ggb::OpRow& row = ggb::OpAt(i);
    Napi::Array variants = Napi::Array::New(env);
    for (uint32_t v = 0; row.variants != nullptr && row.variants[v] != nullptr; ++v) variants.Set(v, row.variants[v]);
    Napi::Object op = Napi::Object::New(env);
    op.Set("name", row.name);
    op.Set("opcode", ggb::kFirstKernelOpcode + i);
    op.Set("variants", variants);
    ops.Set(static_cast<uint32_t>(i), op);
  }
  exports.Set("Engine", Engine::Define(env));
  exports.Set("scoreImages", Napi::Function::New(env, ggb::ScoreImages));
  exports.Set("ops", ops);
  exports.Set("streamVersion", ggb::kStreamVersion);
  exports.Set("convolutionLibrary", ggb::ConvolutionLibrary());
  exports.Set("bestInstructionSet", ggb::InstructionSetName(ggb::BestInstructionSet()));
  return exports;
}

}  // namespace

NODE_API_MODULE(native_ops, Init)
