// The border to JavaScript of native_statistics.node: checks, converts, calls. No arithmetic.
#include <napi.h>

#include <exception>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "statistics/statistics.h"

namespace {

using ggb::statistics::Kernels;

// A Float64Array of exactly `length` values; null after throwing otherwise.
double* Values(const Napi::Value& value, size_t length, const char* name) {
  if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_float64_array) {
    auto array = value.As<Napi::Float64Array>();
    if (array.ElementLength() == length) return array.Data();
  }
  Napi::TypeError::New(value.Env(), std::string(name) + ": a Float64Array of " + std::to_string(length) + " values")
      .ThrowAsJavaScriptException();
  return nullptr;
}

// A whole number from 1 to `largest`; 0 after throwing otherwise.
int64_t Size(const Napi::Value& value, int64_t largest, const char* name) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
  if (number >= 1 && number <= static_cast<double>(largest) &&
      number == static_cast<double>(static_cast<int64_t>(number))) {
    return static_cast<int64_t>(number);
  }
  Napi::RangeError::New(value.Env(), std::string(name) + ": a whole number from 1 to " + std::to_string(largest))
      .ThrowAsJavaScriptException();
  return 0;
}

constexpr int64_t kMostDimensions = 16384;  // 2 GiB a matrix
constexpr int64_t kMostRows = 1 << 24;
constexpr int64_t kMostThreads = 1024;

const Kernels* KernelsNamed(const Napi::Value& value) {
  ggb::InstructionSet set = ggb::BestInstructionSet();
  if (value.IsString()) {
    const std::string name = value.As<Napi::String>().Utf8Value();
    if (name.empty() || ggb::ParseInstructionSet(name.c_str(), &set)) return &ggb::statistics::KernelsFor(set);
  }
  Napi::RangeError::New(value.Env(), "unknown or unavailable instruction set").ThrowAsJavaScriptException();
  return nullptr;
}

std::string OutOfMemory(const char* function, int64_t dimensions) {
  const int64_t megabytes = dimensions * dimensions * static_cast<int64_t>(sizeof(double)) / 1000000;
  return std::string(function) + ": not enough memory for matrices of " + std::to_string(dimensions) + " x " +
         std::to_string(dimensions) + " float64, " + std::to_string(megabytes) +
         " MB each. Take features of fewer dimensions, or end other programs.";
}

// addCentredProducts(rows, count, dimensions, mean, comoments, threads, instructionSet or '')
void AddCentredProducts(const Napi::CallbackInfo& info) {
  const int64_t count = Size(info[1], kMostRows, "count");
  const int64_t dimensions = count == 0 ? 0 : Size(info[2], kMostDimensions, "dimensions");
  if (dimensions == 0) return;
  double* rows = Values(info[0], static_cast<size_t>(count * dimensions), "rows");
  double* mean = rows == nullptr ? nullptr : Values(info[3], static_cast<size_t>(dimensions), "mean");
  double* comoments =
      mean == nullptr ? nullptr : Values(info[4], static_cast<size_t>(dimensions * dimensions), "comoments");
  const int64_t threads = comoments == nullptr ? 0 : Size(info[5], kMostThreads, "threads");
  const Kernels* kernels = threads == 0 ? nullptr : KernelsNamed(info[6]);
  if (kernels == nullptr) return;
  try {
    kernels->add_centred_products(rows, count, dimensions, mean, comoments, static_cast<int>(threads));
  } catch (const std::bad_alloc&) {
    Napi::Error::New(info.Env(), OutOfMemory("addCentredProducts", dimensions)).ThrowAsJavaScriptException();
  } catch (const std::exception& error) {
    Napi::Error::New(info.Env(), std::string("addCentredProducts: ") + error.what()).ThrowAsJavaScriptException();
  }
}

class ProductEigenvalues : public Napi::AsyncWorker {
 public:
  ProductEigenvalues(Napi::Env env, const Kernels& kernels, const Napi::Object& a, const Napi::Object& b,
                     const double* a_values, const double* b_values, int64_t dimensions, int threads)
      : Napi::AsyncWorker(env, "ggb.productEigenvalues"),
        deferred_(env),
        kernels_(kernels),
        inputs_{Napi::Persistent(a), Napi::Persistent(b)},
        a_(a_values),
        b_(b_values),
        dimensions_(dimensions),
        threads_(threads) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      if (!kernels_.product_eigenvalues(a_, b_, dimensions_, threads_, &eigenvalues_)) {
        SetError("productEigenvalues: the eigenvalues do not converge");
      }
    } catch (const std::bad_alloc&) {
      SetError(OutOfMemory("productEigenvalues", dimensions_));
    } catch (const std::exception& error) {
      SetError(std::string("productEigenvalues: ") + error.what());
    }
  }

  void OnOK() override {
    auto result = Napi::Float64Array::New(Env(), eigenvalues_.size());
    std::copy(eigenvalues_.begin(), eigenvalues_.end(), result.Data());
    deferred_.Resolve(result);
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  const Kernels& kernels_;
  // Keeps the arrays alive while another thread reads them.
  Napi::ObjectReference inputs_[2];
  const double* a_;
  const double* b_;
  int64_t dimensions_;
  int threads_;
  std::vector<double> eigenvalues_;
};

// productEigenvalues(a, b, dimensions, threads, instructionSet or ''): Promise<Float64Array>
Napi::Value StartProductEigenvalues(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int64_t dimensions = Size(info[2], kMostDimensions, "dimensions");
  if (dimensions == 0) return env.Undefined();
  const double* a = Values(info[0], static_cast<size_t>(dimensions * dimensions), "a");
  const double* b = a == nullptr ? nullptr : Values(info[1], static_cast<size_t>(dimensions * dimensions), "b");
  const int64_t threads = b == nullptr ? 0 : Size(info[3], kMostThreads, "threads");
  const Kernels* kernels = threads == 0 ? nullptr : KernelsNamed(info[4]);
  if (kernels == nullptr) return env.Undefined();
  auto* worker = new ProductEigenvalues(env, *kernels, info[0].As<Napi::Object>(), info[1].As<Napi::Object>(), a, b,
                                        dimensions, static_cast<int>(threads));
  worker->Queue();
  return worker->Promise();
}

Napi::Object Initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("addCentredProducts", Napi::Function::New(env, AddCentredProducts));
  exports.Set("productEigenvalues", Napi::Function::New(env, StartProductEigenvalues));
  exports.Set("bestInstructionSet", ggb::InstructionSetName(ggb::BestInstructionSet()));
  exports.Set("library", std::string("Eigen ") + ggb::statistics::EigenVersion());
  return exports;
}

}  // namespace

NODE_API_MODULE(native_statistics, Initialise)
