/* What the kernels of the CUDA engine share: random numbers, thresholds, decisions.  Stands before sweeps.cu and products.cu.

Compile without fused multiply-add: thresholds must have the CPU's bits.  THREADS and the constants of streams.py, problem.py and numba_engine.py
are compile options (cupy_engine.py).  The sources are C as well as CUDA C++: tests/cuda_twin.h runs them on the CPU.  All arguments of kernels are
pointers or 64-bit integers.
*/
#ifdef __CUDACC__
#define KERNEL extern "C" __global__ void __launch_bounds__(THREADS)
#define INLINE __device__ __forceinline__
#define SHARED_MEMORY __shared__ __align__(32)
#endif

typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

/* ---- random numbers: twin of streams.py ---------------------------------------------------------------------------------------- */

static INLINE void philox(u32 c[4], u32 k0, u32 k1)
{
    for (int round = 0; round < ROUNDS; round++) {
        u32 high0 = __umulhi(MULTIPLIER_0, c[0]), low0 = MULTIPLIER_0 * c[0];
        u32 high1 = __umulhi(MULTIPLIER_1, c[2]), low1 = MULTIPLIER_1 * c[2];
        c[0] = high1 ^ c[1] ^ k0, c[1] = low1;
        c[2] = high0 ^ c[3] ^ k1, c[3] = low0;
        k0 += WEYL_0, k1 += WEYL_1;
    }
}

static INLINE double odd_number(u32 w0, u32 w1)
{
    return (double)((w0 | (u64)w1 << 32) >> 12) * 2.0 + 1.0;
}

static INLINE double logarithm(double x)
{
    i64 bits = __double_as_longlong(x);
    double e = (double)((bits >> 52) - 1023), f = __longlong_as_double((bits & MANTISSA) | ONE);
    if (f > SQRT2)
        f *= 0.5, e += 1.0;
    double s = (f - 1.0) / (f + 1.0), z = s * s, p = 1.0 / 21;
#pragma unroll
    for (int k = 9; k >= 0; k--)
        p = p * z + 1.0 / (2 * k + 1);
    return e * LN2_HIGH + (2.0 * s * p + e * LN2_LOW);
}

static INLINE double threshold(double n, int draw, double unit)
{
    if (draw == KEEP)
        return -HALF;
    if (draw == COIN)
        return n > WHOLE / 2 ? -HALF : HALF;
    if (draw == MINUS_LOG)
        return unit * (logarithm(WHOLE) - logarithm(n));
    return -unit * (logarithm(n) - logarithm(WHOLE - n));
}

static INLINE int decide(int rule, double h, int s, double limit)
{
    if (rule == FIELD_RULE)
        return h > limit ? 1 : -1;
    return s * h <= limit ? -s : s;
}

