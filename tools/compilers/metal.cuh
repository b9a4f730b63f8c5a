// What naga's MSL needs of <metal_stdlib>, as CUDA C++. sass.py rewrites the address spaces and the kernel's
// signature.
#pragma once
#define D static __device__ __forceinline__
#define EACH(N) _Pragma("unroll") for (int i = 0; i < N; i++)
namespace metal {
using uint = unsigned;
using ushort = unsigned short;
// Storage only: it is computed with as f32.
struct half {
    unsigned short bits;
    half() = default;
    __device__ __forceinline__ explicit half(float a) { asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(a)); }
    __device__ __forceinline__ operator float() const { float a; asm("cvt.f32.f16 %0, %1;" : "=f"(a) : "h"(bits)); return a; }
};
template <class T, int N> struct vec;
template <class T> struct alignas(2 * sizeof(T)) vec<T, 2> {
    T x, y;
    vec() = default;
    __device__ __forceinline__ explicit vec(T a) : x(a), y(a) {}
    __device__ __forceinline__ vec(T a, T b) : x(a), y(b) {}
    template <class U> __device__ __forceinline__ explicit vec(vec<U, 2> a) : x(T(a.x)), y(T(a.y)) {}
    __device__ __forceinline__ T& operator[](int i) { return (&x)[i]; }
    __device__ __forceinline__ const T& operator[](int i) const { return (&x)[i]; }
};
template <class T> struct alignas(4 * sizeof(T)) vec<T, 3> {
    T x, y, z;
    vec() = default;
    __device__ __forceinline__ explicit vec(T a) : x(a), y(a), z(a) {}
    __device__ __forceinline__ vec(T a, T b, T c) : x(a), y(b), z(c) {}
    template <class U> __device__ __forceinline__ explicit vec(vec<U, 3> a) : x(T(a.x)), y(T(a.y)), z(T(a.z)) {}
    __device__ __forceinline__ T& operator[](int i) { return (&x)[i]; }
    __device__ __forceinline__ const T& operator[](int i) const { return (&x)[i]; }
};
template <class T> struct alignas(4 * sizeof(T)) vec<T, 4> {
    T x, y, z, w;
    vec() = default;
    __device__ __forceinline__ explicit vec(T a) : x(a), y(a), z(a), w(a) {}
    __device__ __forceinline__ vec(T a, T b, T c, T d) : x(a), y(b), z(c), w(d) {}
    __device__ __forceinline__ vec(vec<T, 2> a, vec<T, 2> b) : x(a.x), y(a.y), z(b.x), w(b.y) {}
    __device__ __forceinline__ vec<T, 2> xy() const { return {x, y}; }
    __device__ __forceinline__ vec<T, 2> zw() const { return {z, w}; }
    template <class U>
    __device__ __forceinline__ explicit vec(vec<U, 4> a) : x(T(a.x)), y(T(a.y)), z(T(a.z)), w(T(a.w)) {}
    __device__ __forceinline__ T& operator[](int i) { return (&x)[i]; }
    __device__ __forceinline__ const T& operator[](int i) const { return (&x)[i]; }
};
#define VECTORS(T, n) using n##2 = vec<T, 2>; using n##3 = vec<T, 3>; using n##4 = vec<T, 4>;
VECTORS(float, float) VECTORS(double, double) VECTORS(int, int) VECTORS(unsigned, uint) VECTORS(bool, bool)
VECTORS(unsigned short, ushort) VECTORS(short, short) VECTORS(half, half)

#define BINARY(R, o)                                                                                              \
    template <class T, int N> D vec<R, N> operator o(vec<T, N> a, vec<T, N> b) {                                  \
        vec<R, N> r; EACH(N) r[i] = a[i] o b[i]; return r; }                                                      \
    template <class T, int N> D vec<R, N> operator o(vec<T, N> a, T b) { return a o vec<T, N>(b); }               \
    template <class T, int N> D vec<R, N> operator o(T a, vec<T, N> b) { return vec<T, N>(a) o b; }
BINARY(T, +) BINARY(T, -) BINARY(T, *) BINARY(T, /) BINARY(T, %) BINARY(T, &) BINARY(T, |) BINARY(T, ^)
BINARY(bool, <) BINARY(bool, >) BINARY(bool, <=) BINARY(bool, >=) BINARY(bool, ==) BINARY(bool, !=)
template <class T, int N> D vec<T, N> operator<<(vec<T, N> a, vec<unsigned, N> b) {
    vec<T, N> r; EACH(N) r[i] = a[i] << b[i]; return r; }
template <class T, int N> D vec<T, N> operator>>(vec<T, N> a, vec<unsigned, N> b) {
    vec<T, N> r; EACH(N) r[i] = a[i] >> b[i]; return r; }
template <class T, int N> D vec<T, N> operator-(vec<T, N> a) { EACH(N) a[i] = -a[i]; return a; }
template <class T, int N> D vec<T, N> operator!(vec<T, N> a) { EACH(N) a[i] = !a[i]; return a; }
template <class T, int N> D vec<T, N>& operator-=(vec<T, N>& a, vec<T, N> b) { return a = a - b; }
template <class T, int N> D vec<T, N>& operator+=(vec<T, N>& a, vec<T, N> b) { return a = a + b; }

#define UNARY(f) template <class T, int N> D vec<T, N> f(vec<T, N> a) { EACH(N) a[i] = f(a[i]); return a; }
// Those of the hardware: nvcc is told -prec-sqrt=false, -prec-div=false; these heed -ftz too.
D float sqrt(float a) { return ::sqrtf(a); } D double sqrt(double a) { return ::sqrt(a); } UNARY(sqrt)
D float rsqrt(float a) { return ::rsqrtf(a); } D double rsqrt(double a) { return ::rsqrt(a); } UNARY(rsqrt)
D float floor(float a) { return ::floorf(a); } D double floor(double a) { return ::floor(a); } UNARY(floor)
D float exp(float a) { return ::__expf(a); } UNARY(exp)
D float exp2(float a) { return ::exp2f(a); } UNARY(exp2)
D float log(float a) { return ::__logf(a); } UNARY(log)
D float log2(float a) { return ::__log2f(a); } UNARY(log2)
D float pow(float a, float b) { return ::__powf(a, b); }
template <int N> D vec<float, N> pow(vec<float, N> a, vec<float, N> b) { EACH(N) a[i] = pow(a[i], b[i]); return a; }
D float abs(float a) { return ::fabsf(a); } D double abs(double a) { return ::fabs(a); } UNARY(abs)
D float rint(float a) { return ::rintf(a); } UNARY(rint)
D float fma(float a, float b, float c) { return ::fmaf(a, b, c); }
D double fma(double a, double b, double c) { return ::fma(a, b, c); }
template <class T, int N> D vec<T, N> fma(vec<T, N> a, vec<T, N> b, vec<T, N> c) {
    EACH(N) a[i] = fma(a[i], b[i], c[i]); return a; }
// One instruction, as in drivers; a comparison and a selection are two. Before the templates, so that vectors find them.
D float min(float a, float b) { return ::fminf(a, b); } D float max(float a, float b) { return ::fmaxf(a, b); }
#define BOTH(f, e)                                                                                                \
    template <class T> D T f(T a, T b) { return e; }                                                              \
    template <class T, int N> D vec<T, N> f(vec<T, N> a, vec<T, N> b) { EACH(N) a[i] = f(a[i], b[i]); return a; }
BOTH(min, b < a ? b : a) BOTH(max, a < b ? b : a)
template <class T> D T clamp(T a, T low, T high) { return min(max(a, low), high); }
template <class T, int N> D vec<T, N> clamp(vec<T, N> a, T low, T high) { EACH(N) a[i] = clamp(a[i], low, high); return a; }
template <class T> D T select(T a, T b, bool c) { return c ? b : a; }
template <class T, int N> D vec<T, N> select(vec<T, N> a, vec<T, N> b, vec<bool, N> c) {
    EACH(N) a[i] = c[i] ? b[i] : a[i]; return a; }
template <int N> D bool all(vec<bool, N> a) { bool r = true; EACH(N) r = r && a[i]; return r; }
template <int N> D bool any(vec<bool, N> a) { bool r = false; EACH(N) r = r || a[i]; return r; }
template <class T, class U> D T as_type(U a) {
    static_assert(sizeof(T) == sizeof(U), ""); T r; __builtin_memcpy(&r, &a, sizeof r); return r; }
enum class mem_flags { mem_none, mem_device, mem_threadgroup, mem_texture };
D void threadgroup_barrier(mem_flags f) {
    if (f == mem_flags::mem_threadgroup) __syncthreads(); else { __threadfence_block(); __syncthreads(); } }
} // namespace metal
using metal::as_type;
