// Element types as they stand in commands; the order is that of `elementTypes` in backend/command-stream.ts.
#pragma once

namespace ggb {

enum class ElementType : int { kFloat32 = 0, kInt32 = 1, kBool = 2 };

inline constexpr int ElementBytes(ElementType type) { return type == ElementType::kBool ? 1 : 4; }

}  // namespace ggb
