// JPEG by libjpeg-turbo with its defaults, which are Pillow's: accurate integer DCT and fancy upsampling, both exact to
// the bit in every version since 2.0. As in Pillow, warnings are no errors but the end of the data is.
//
// libjpeg leaves by longjmp. Only functions whose locals have no destructors are between setjmp and libjpeg.
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>

// jpeglib.h needs size_t and FILE declared before it.
#include <jpeglib.h>

#include <jerror.h>

#include "images/decode.h"

namespace ggb::images {
namespace {

// Real files have about ten. Each scan of a few bytes costs a pass over all coefficients.
constexpr int kMostScans = 500;

// Everything libjpeg's callbacks need; `info` comes first so that they can find the rest.
struct Decoder {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_source_mgr source;
  jpeg_progress_mgr progress;
  std::jmp_buf escape;
  ProblemKind kind;
  char message[JMSG_LENGTH_MAX];
};

Decoder* DecoderOf(j_common_ptr info) { return reinterpret_cast<Decoder*>(info); }

[[noreturn]] void Fail(Decoder* decoder, ProblemKind kind, const char* message) {
  decoder->kind = kind;
  std::snprintf(decoder->message, sizeof(decoder->message), "%s", message);
  std::longjmp(decoder->escape, 1);
}

ProblemKind KindOfError(int code) {
  switch (code) {
    case JERR_BAD_PRECISION:
    case JERR_ARITH_NOTIMPL:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
      return ProblemKind::kUnsupportedFormat;
    case JERR_OUT_OF_MEMORY:
      return ProblemKind::kOutOfMemory;
    default:
      return ProblemKind::kCorrupt;
  }
}

[[noreturn]] void OnError(j_common_ptr info) {
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  Fail(DecoderOf(info), KindOfError(info->err->msg_code), text);
}

void OnMessage(j_common_ptr, int) {}
void OnOutput(j_common_ptr) {}
void OnSource(j_decompress_ptr) {}

boolean OnEndOfData(j_decompress_ptr info) {
  Fail(DecoderOf(reinterpret_cast<j_common_ptr>(info)), ProblemKind::kTruncated,
       "the JPEG data ends before the image does");
}

void OnSkip(j_decompress_ptr info, long bytes) {
  if (bytes <= 0) return;
  if (static_cast<size_t>(bytes) > info->src->bytes_in_buffer) OnEndOfData(info);
  info->src->next_input_byte += bytes;
  info->src->bytes_in_buffer -= static_cast<size_t>(bytes);
}

void OnProgress(j_common_ptr info) {
  Decoder* decoder = DecoderOf(info);
  if (decoder->info.input_scan_number > kMostScans) Fail(decoder, ProblemKind::kCorrupt, "more than 500 scans");
}

bool ReadHeader(Decoder* decoder, const uint8_t* file, size_t bytes) {
  decoder->info.err = jpeg_std_error(&decoder->errors);
  decoder->errors.error_exit = OnError;
  decoder->errors.emit_message = OnMessage;
  decoder->errors.output_message = OnOutput;
  if (setjmp(decoder->escape) != 0) return false;
  jpeg_create_decompress(&decoder->info);
  decoder->source.next_input_byte = file;
  decoder->source.bytes_in_buffer = bytes;
  decoder->source.init_source = OnSource;
  decoder->source.fill_input_buffer = OnEndOfData;
  decoder->source.skip_input_data = OnSkip;
  decoder->source.resync_to_restart = jpeg_resync_to_restart;
  decoder->source.term_source = OnSource;
  decoder->info.src = &decoder->source;
  decoder->progress.progress_monitor = OnProgress;
  decoder->info.progress = &decoder->progress;
  jpeg_read_header(&decoder->info, TRUE);
  return true;
}

bool ReadPixels(Decoder* decoder, uint8_t* pixels) {
  if (setjmp(decoder->escape) != 0) return false;
  jpeg_decompress_struct* info = &decoder->info;
  info->out_color_space = JCS_RGB;
  jpeg_start_decompress(info);
  const size_t stride = static_cast<size_t>(info->output_width) * 3;
  while (info->output_scanline < info->output_height) {
    // libjpeg writes as many rows at once as it has ready, at most this many.
    constexpr JDIMENSION kRows = 8;
    JSAMPROW rows[kRows];
    const JDIMENSION first = info->output_scanline;
    JDIMENSION count = 0;
    for (; count < kRows && first + count < info->output_height; ++count)
      rows[count] = pixels + (first + count) * stride;
    jpeg_read_scanlines(info, rows, count);
  }
  // Reads to the end of the image, so a file that lacks it is noticed.
  jpeg_finish_decompress(info);
  return true;
}

// jpeg_destroy_decompress never fails and accepts what was never created.
struct Destroyer {
  jpeg_decompress_struct* info;
  ~Destroyer() { jpeg_destroy_decompress(info); }
};

Problem ProblemOf(const Decoder& decoder) { return Problem(decoder.kind, decoder.message); }

}  // namespace

Problem DecodeJpeg(const uint8_t* file, size_t bytes, Image* image) {
  Decoder decoder;
  std::memset(&decoder, 0, sizeof(decoder));
  Destroyer destroyer{&decoder.info};
  if (!ReadHeader(&decoder, file, bytes)) return ProblemOf(decoder);
  const jpeg_decompress_struct& info = decoder.info;
  if (info.num_components != 1 && info.num_components != 3) {
    return Problem(ProblemKind::kUnsupportedFormat, "a JPEG of " + std::to_string(info.num_components) + " components");
  }
  if (info.data_precision != 8) {
    return Problem(ProblemKind::kUnsupportedFormat,
                   "a JPEG of " + std::to_string(info.data_precision) + " bits a sample");
  }
  Problem problem = CheckSize(info.image_width, info.image_height);
  if (!problem.found()) problem = Allocate(info.image_width, info.image_height, image);
  if (problem.found()) return problem;
  if (!ReadPixels(&decoder, image->pixels.data())) return ProblemOf(decoder);
  return Problem::None();
}

#define GGB_TEXT_OF(value) #value
#define GGB_TEXT(value) GGB_TEXT_OF(value)
const char* JpegLibrary() { return "libjpeg-turbo " GGB_TEXT(LIBJPEG_TURBO_VERSION); }

}  // namespace ggb::images
