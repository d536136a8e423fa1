/* The streaming softmax in float32 with the vector instructions and the blocks of registers that numba does not reach (kernels.py has the sums that are
   advanced, and does it where these kernels are not there).

   one_pass: one state.  Rows are read in order, a few of them at a time, and added up again from the nearest cache.  Other orders of reading are slower.
   batch: G times 16 states side by side.  Both matrix products, z = x columns and v += w^T x, keep T rows, or T entries of a row, times 16 G states in
   registers: an entry of x is broadcast from where it lies, so that nothing is copied.

   Loaded through ctypes (native.py) where the machine has AVX-512. */
#include <math.h>
#include <stdint.h>

#define LAYOUT 1   /* of the arguments: raised with every change, here and in native.py */

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define WIDE __attribute__((target("avx512f,avx512dq")))
#define INLINE WIDE static inline __attribute__((always_inline))
#define EACH(n, count) _Pragma("GCC unroll 16") for (int n = 0; n < (count); n++)

int hebbnet_layout(void)   /* 0 where this machine cannot run the kernels */
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? LAYOUT : 0;
}

/* 2^x for x <= 0, with a relative error of 2e-7; at least 2^-126, and NaN of NaN */
INLINE __m512 power(__m512 x)
{
    x = _mm512_max_ps(_mm512_set1_ps(-126), x);
    __m512 whole = _mm512_roundscale_ps(x, 0), f = _mm512_sub_ps(x, whole), p = _mm512_set1_ps(1.5403530393381610e-4f);   /* ln(2)^j / j! */
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.3333558146428443e-3f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.6181291076284772e-3f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(5.5504108664821580e-2f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.4022650695910071e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.9314718055994531e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1));
    return _mm512_scalef_ps(p, whole);
}

/* v[i] += part[i], which becomes zero */
INLINE void flush(float *part, double *v, int64_t N)
{
    for (int64_t i = 0; i < N; i++) {
        v[i] += part[i];
        part[i] = 0;
    }
}

/* ---- one state ------------------------------------------------------------------------------------------------------------------- */

#define MOST 16      /* rows of a block */
#define LONG 512     /* entries of a row beyond which its sums last so long that the next one is asked for before */
#define FLUSH 256    /* rows whose sum is kept in float32 */

/* A row as registers of 16 entries: the first starts `shift` entries before the row, where memory is aligned for every row, and begins and ends
   are masked.  State and sums are kept in the same registers. */
typedef struct { int64_t registers; __mmask16 first, last; } shape;

INLINE float product(const float *x, const float *state, shape a)
{
    const int64_t end = a.registers - 1;
    __m512 t0 = _mm512_mul_ps(_mm512_maskz_loadu_ps(a.first, x), _mm512_load_ps(state)), t1 = _mm512_setzero_ps(), t2 = t1, t3 = t1;
    if (end)
        t1 = _mm512_mul_ps(_mm512_maskz_loadu_ps(a.last, x + 16 * end), _mm512_load_ps(state + 16 * end));
    int64_t c = 1;
    for (; c + 4 <= end; c += 4) {
        t0 = _mm512_fmadd_ps(_mm512_loadu_ps(x + 16 * c), _mm512_load_ps(state + 16 * c), t0);
        t1 = _mm512_fmadd_ps(_mm512_loadu_ps(x + 16 * c + 16), _mm512_load_ps(state + 16 * c + 16), t1);
        t2 = _mm512_fmadd_ps(_mm512_loadu_ps(x + 16 * c + 32), _mm512_load_ps(state + 16 * c + 32), t2);
        t3 = _mm512_fmadd_ps(_mm512_loadu_ps(x + 16 * c + 48), _mm512_load_ps(state + 16 * c + 48), t3);
    }
    for (; c < end; c++)
        t2 = _mm512_fmadd_ps(_mm512_loadu_ps(x + 16 * c), _mm512_load_ps(state + 16 * c), t2);
    return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(t0, t1), _mm512_add_ps(t2, t3)));
}

/* `count` registers of the sums, which are whole ones of x */
INLINE void sum_registers(const float *x, int64_t N, const float *w, int64_t rows, float *part, int count)
{
    __m512 t[4];
    EACH(c, count) t[c] = _mm512_load_ps(part + 16 * c);
    for (int64_t k = 0; k < rows; k++, x += N) {
        const __m512 weight = _mm512_set1_ps(w[k]);
        EACH(c, count) t[c] = _mm512_fmadd_ps(weight, _mm512_loadu_ps(x + 16 * c), t[c]);
    }
    EACH(c, count) _mm512_store_ps(part + 16 * c, t[c]);
}

INLINE void sum_rows(const float *x, int64_t N, const float *w, int64_t rows, float *part, shape a)
{
    const int64_t end = a.registers - 1;
    __m512 first = _mm512_load_ps(part), last = _mm512_load_ps(part + 16 * end);
    for (int64_t k = 0; k < rows; k++) {
        const __m512 weight = _mm512_set1_ps(w[k]);
        first = _mm512_fmadd_ps(weight, _mm512_maskz_loadu_ps(a.first, x + k * N), first);
        if (end)
            last = _mm512_fmadd_ps(weight, _mm512_maskz_loadu_ps(a.last, x + k * N + 16 * end), last);
    }
    int64_t c = 1;
    for (; c + 4 <= end; c += 4)
        sum_registers(x + 16 * c, N, w, rows, part + 16 * c, 4);
    switch (end - c) {
        case 3: sum_registers(x + 16 * c, N, w, rows, part + 16 * c, 3); break;
        case 2: sum_registers(x + 16 * c, N, w, rows, part + 16 * c, 2); break;
        case 1: sum_registers(x + 16 * c, N, w, rows, part + 16 * c, 1); break;
    }
    _mm512_store_ps(part, first);
    if (end)
        _mm512_store_ps(part + 16 * end, last);
}

/* Advance m, s and v (N) of one state over the rows x (K, N).  scratch: 2 (N + 32) entries, aligned to 64 bytes. */
WIDE void hebbnet_one_pass(const float *x, int64_t K, int64_t N, const float *state, float strength, double *m, double *s, double *v, float *scratch)
{
    const int64_t shift = N % 16 ? 0 : ((uintptr_t)x / 4) % 16, registers = (N + shift + 15) / 16, rest = 16 * registers - N - shift;
    /* rows of 4 KB, where what the processor looks ahead covers both uses; of long rows 8, so that state and sums are loaded less often */
    const int64_t block = N > 1024 ? 8 : 1024 / N < MOST ? 1024 / N : MOST;
    shape a = {registers, (__mmask16)(0xffff << shift), (__mmask16)(0xffff >> rest)};
    if (registers == 1)
        a.first &= a.last;
    float *local = scratch, *part = scratch + 16 * registers, z[MOST] __attribute__((aligned(64))) = {0};
    for (int64_t i = 0; i < 16 * registers; i++) {
        local[i] = i >= shift && i < shift + N ? state[i - shift] : 0;
        part[i] = 0;
    }
    float top = (float)*m;
    double sum = *s;
    int64_t since = 0;
    for (int64_t start = 0; start < K; start += block) {
        const int64_t rows = K - start < block ? K - start : block;
        const float *now = x + start * N - shift;
        for (int64_t k = 0; k < rows; k++)
            z[k] = product(now + k * N, local, a);
        if (N > LONG)
            for (int line = 0; line < 32; line++)
                _mm_prefetch((const char *)(now + rows * N) + 64 * line, _MM_HINT_T1);
        const __mmask16 valid = (__mmask16)(0xffff >> (16 - rows));
        const __m512 logits = _mm512_load_ps(z);
        const float highest = _mm512_reduce_max_ps(_mm512_mask_max_ps(_mm512_set1_ps(top), valid, logits, _mm512_set1_ps(top)));   /* NaN shows in its weight */
        if (highest != top) {
            flush(part + shift, v, N);
            const double factor = top > -INFINITY ? exp2(strength * ((double)top - highest)) : 0;
            sum *= factor;
            for (int64_t i = 0; i < N; i++)
                v[i] *= factor;
            top = highest;
        }
        const __m512 w = _mm512_maskz_mov_ps(valid, power(_mm512_mul_ps(_mm512_set1_ps(strength), _mm512_sub_ps(logits, _mm512_set1_ps(top)))));
        _mm512_store_ps(z, w);
        sum += _mm512_reduce_add_ps(w);
        sum_rows(now, N, z, rows, part, a);
        since += rows;
        if (since >= FLUSH) {
            flush(part + shift, v, N);
            since = 0;
        }
    }
    flush(part + shift, v, N);
    *m = top;
    *s = sum;
}

/* ---- a batch --------------------------------------------------------------------------------------------------------------------- */

#define DEPTH 256   /* entries of a scalar product that are added up one by one: more would lose digits */
#define GROUP 16    /* rows whose weights are added up in float32 */

/* t (T, 16 G) = sum_i x[r tall + i wide] y_i over the rows y_i (16 G) of y, i = 0 ... count - 1 */
INLINE void outer(__m512 t[12][4], const float *x, int64_t tall, int64_t wide, const float *y, int64_t count, int T, int G)
{
    EACH(r, T) EACH(g, G) t[r][g] = _mm512_setzero_ps();
    for (int64_t i = 0; i < count; i++) {
        __m512 row[4];
        EACH(g, G) row[g] = _mm512_load_ps(y + 16 * (G * i + g));
        EACH(r, T) {
            const __m512 entry = _mm512_set1_ps(x[r * tall + i * wide]);
            EACH(g, G) t[r][g] = _mm512_fmadd_ps(entry, row[g], t[r][g]);
        }
    }
}

/* z (T, 16 G) of T rows; columns (N, 16 G) */
INLINE void tile_products(const float *x, int64_t N, const float *columns, float *z, int T, int G)
{
    for (int64_t from = 0; from < N; from += DEPTH) {
        const int64_t end = from + DEPTH < N ? from + DEPTH : N;
        __m512 t[12][4];
        outer(t, x + from, N, 1, columns + 16 * G * from, end - from, T, G);
        EACH(r, T) EACH(g, G) {
            float *to = z + 16 * (G * r + g);
            _mm512_store_ps(to, from ? _mm512_add_ps(_mm512_load_ps(to), t[r][g]) : t[r][g]);
        }
    }
}

/* v (T, 16 G) += sum_k x[k, 0 ... T-1] w[k] */
INLINE void tile_sums(const float *x, int64_t N, const float *w, int64_t rows, double *v, int T, int G)
{
    __m512 t[12][4];
    outer(t, x, 1, N, w, rows, T, G);
    EACH(r, T) EACH(g, G) {
        double *to = v + 16 * (G * r + g);
        _mm512_store_pd(to, _mm512_add_pd(_mm512_load_pd(to), _mm512_cvtps_pd(_mm512_castps512_ps256(t[r][g]))));
        _mm512_store_pd(to + 8, _mm512_add_pd(_mm512_load_pd(to + 8), _mm512_cvtps_pd(_mm512_extractf32x8_ps(t[r][g], 1))));
    }
}

/* z (rows, 16 G) becomes w; m and s (16 G) advance, and v (N, 16 G) is stretched to the new m */
INLINE void soften(float *z, int64_t rows, int64_t N, float strength, double *m, double *s, double *v, int G)
{
    float tops[64] __attribute__((aligned(64)));
    double factors[64] __attribute__((aligned(64)));
    __m512 top[4];
    EACH(g, G) {
        top[g] = _mm512_set1_ps(-INFINITY);
        for (int64_t k = 0; k < rows; k++)
            top[g] = _mm512_max_ps(_mm512_load_ps(z + 16 * (G * k + g)), top[g]);   /* NaN shows in its weight */
        _mm512_store_ps(tops + 16 * g, top[g]);
    }
    int changed = 0;
    for (int b = 0; b < 16 * G; b++) {
        factors[b] = 1;
        if (tops[b] > m[b]) {
            changed = 1;
            factors[b] = m[b] > -INFINITY ? exp2(strength * (m[b] - tops[b])) : 0;
            m[b] = tops[b];
            s[b] *= factors[b];
        }
        tops[b] = (float)m[b];
    }
    if (changed)
        for (int64_t i = 0; i < N; i++)
            for (int g = 0; g < 2 * G; g++) {
                double *to = v + 8 * (2 * G * i + g);
                _mm512_store_pd(to, _mm512_mul_pd(_mm512_load_pd(to), _mm512_load_pd(factors + 8 * g)));
            }
    EACH(g, G) top[g] = _mm512_load_ps(tops + 16 * g);
    for (int64_t start = 0; start < rows; start += GROUP) {
        const int64_t end = start + GROUP < rows ? start + GROUP : rows;
        __m512 sum[4];
        EACH(g, G) sum[g] = _mm512_setzero_ps();
        for (int64_t k = start; k < end; k++)
            EACH(g, G) {
                float *at = z + 16 * (G * k + g);
                const __m512 w = power(_mm512_mul_ps(_mm512_set1_ps(strength), _mm512_sub_ps(_mm512_load_ps(at), top[g])));
                _mm512_store_ps(at, w);
                sum[g] = _mm512_add_ps(sum[g], w);
            }
        EACH(g, G) {
            double *to = s + 16 * g;
            _mm512_storeu_pd(to, _mm512_add_pd(_mm512_loadu_pd(to), _mm512_cvtps_pd(_mm512_castps512_ps256(sum[g]))));
            _mm512_storeu_pd(to + 8, _mm512_add_pd(_mm512_loadu_pd(to + 8), _mm512_cvtps_pd(_mm512_extractf32x8_ps(sum[g], 1))));
        }
    }
}

/* Tiles of T, then of 4, 2 and 1, until `count` is reached; n is where the tile begins. */
#define TILES(T, count, tile)                            \
    {                                                    \
        int64_t n = 0;                                   \
        for (; n + T <= (count); n += T) { tile(T); }    \
        for (; n + 4 <= (count); n += 4) { tile(4); }    \
        for (; n + 2 <= (count); n += 2) { tile(2); }    \
        for (; n < (count); n++) { tile(1); }            \
    }

/* Advance m, s (16 G) and v (N, 16 G) over the rows x (K, N), `block` rows at a time; columns (N, 16 G), z (block, 16 G); aligned to 64 bytes. */
#define BATCH(G, T)                                                                                                                      \
    WIDE static void batch##G(const float *x, int64_t K, int64_t N, const float *columns, float strength, double *m, double *s, double *v, \
                              float *z, int64_t block)                                                                                   \
    {                                                                                                                                    \
        for (int64_t start = 0; start < K; start += block) {                                                                             \
            const int64_t rows = K - start < block ? K - start : block;                                                                  \
            const float *now = x + start * N;                                                                                            \
            TILES(T, rows, PRODUCTS##G)                                                                                                  \
            soften(z, rows, N, strength, m, s, v, G);                                                                                    \
            TILES(T, N, SUMS##G)                                                                                                         \
        }                                                                                                                                \
    }
#define PRODUCTS1(T) tile_products(now + n * N, N, columns, z + 16 * n, T, 1)
#define PRODUCTS2(T) tile_products(now + n * N, N, columns, z + 32 * n, T, 2)
#define PRODUCTS3(T) tile_products(now + n * N, N, columns, z + 48 * n, T, 3)
#define PRODUCTS4(T) tile_products(now + n * N, N, columns, z + 64 * n, T, 4)
#define SUMS1(T) tile_sums(now + n, N, z, rows, v + 16 * n, T, 1)
#define SUMS2(T) tile_sums(now + n, N, z, rows, v + 32 * n, T, 2)
#define SUMS3(T) tile_sums(now + n, N, z, rows, v + 48 * n, T, 3)
#define SUMS4(T) tile_sums(now + n, N, z, rows, v + 64 * n, T, 4)
BATCH(1, 12)
BATCH(2, 12)
BATCH(3, 8)
BATCH(4, 6)

void hebbnet_batch(const float *x, int64_t K, int64_t N, const float *columns, int64_t G, float strength, double *m, double *s, double *v, float *z,
                   int64_t block)
{
    (G == 1 ? batch1 : G == 2 ? batch2 : G == 3 ? batch3 : batch4)(x, K, N, columns, strength, m, s, v, z, block);
}

#else

int hebbnet_layout(void) { return 0; }
void hebbnet_one_pass(void) {}
void hebbnet_batch(void) {}

#endif
