/* Local fields of +-1 rows with the vector instructions that numba does not reach; the same integers, so the same spins.

   Loaded through ctypes (native.py) where the machine has AVX-512 with byte permutations; elsewhere numba's kernels are used.  Random numbers come
   from the caller: limits and sites of every attempt.

   bytes: N < 256.  A row's overlap is kept as the byte u = (X + N)/2, and what a pattern adds to the field is looked up, byte by byte, in a table of
   128 entries that lives in two registers: one instruction for 64 patterns; two and a choice by the highest bit of u for N >= 128.  The sum of bytes is exact, and no
   polynomial is evaluated.
   words: D(c) a multiple of c (P = 2).  h = sum_mu xi X - s S from overlaps X as 16-bit integers.

   cubes: D(c) = (a c^3 + b c)/denominator (P = 4) and N < 1024.  Squares are split into 11 low bits and the rest, so that 16-bit products make up the
   cubes, t^3 = t (t^2 mod 2^11) + 2^11 t floor(t^2/2^11), and their sums stay exact in 32 bits for a block of patterns.

   Rows are filled up to whole registers with patterns of all +1, whose share is taken off again: a register of theirs costs no branch. */
#include <stdint.h>

#define LAYOUT 1   /* of `problem` and of the arguments: raised with every change, here and in native.py */

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")))
#define INLINE WIDE static inline __attribute__((always_inline))

int hebbnet_layout(void)   /* 0 where this machine cannot run the kernels */
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi")
        && __builtin_cpu_supports("avx512vnni") ? LAYOUT : 0;
}

typedef struct {
    const uint64_t *bits;    /* (N, words): bit mu of row i is set where xi_mu,i = +1 */
    int64_t N, S, words;     /* words = ceil(S / 64); patterns from S on are all +1 */
    const uint8_t *tables;   /* bytes: (2, planes, 256), those of s = -1 first; entry u: byte `plane` of D(2 u - N - s) - base */
    int64_t planes, base;
    int64_t a, b;            /* cubes */
    double denominator;      /* a decision compares h * denominator with its limit */
} problem;

/* Sum of the entries of all patterns, `planes` bytes of them; D is odd, so that a pattern with xi = -1 has the entry of N - u.
   planes and large are constants where this is called, so that tables and sums stay in registers. */
INLINE int64_t sum_planes(const problem *p, const uint8_t *u, const uint64_t *bits, const uint8_t *table, int planes, int large)
{
    const __m512i N = _mm512_set1_epi8((char)p->N), zero = _mm512_setzero_si512(), one = _mm512_set1_epi8(1);
    __m512i part[4][4], sum[4];
    for (int k = 0; k < planes; k++) {
        for (int quarter = 0; quarter < (large ? 4 : 2); quarter++)
            part[k][quarter] = _mm512_loadu_si512(table + 256 * k + 64 * quarter);
        sum[k] = zero;
    }
    for (int64_t w = 0; w < p->words; w++) {
        __m512i x = _mm512_loadu_si512(u + 64 * w);
        x = _mm512_mask_sub_epi8(x, ~bits[w], N, x);
        for (int k = 0; k < planes; k++) {
            __m512i entry = _mm512_permutex2var_epi8(part[k][0], x, part[k][1]);
            if (large)
                entry = _mm512_mask_mov_epi8(entry, _mm512_movepi8_mask(x), _mm512_permutex2var_epi8(part[k][2], x, part[k][3]));
            sum[k] = _mm512_dpbusd_epi32(sum[k], entry, one);   /* four bytes to a sum of 32 bits, for up to 2^27 patterns */
        }
    }
    for (int k = planes - 1; k >= 0; k--) {
        sum[k] = _mm512_add_epi64(_mm512_and_si512(sum[k], _mm512_set1_epi64(0xffffffff)), _mm512_srli_epi64(sum[k], 32));
        if (k < planes - 1)
            sum[k] = _mm512_add_epi64(sum[k], _mm512_slli_epi64(sum[k + 1], 8));
    }
    return _mm512_reduce_add_epi64(sum[0]);
}

INLINE int64_t field_bytes(const problem *p, const uint8_t *u, int64_t i, int s)
{
    const uint64_t *bits = p->bits + i * p->words;
    const uint8_t *table = p->tables + (s > 0) * p->planes * 256;
    const int64_t padding = 64 * p->words - p->S;
    int64_t h = p->S * p->base;
    for (int64_t first = 0; first < p->planes; first += 4, table += 4 * 256) {   /* as many tables at a time as fit the registers */
        int count = p->planes - first < 4 ? (int)(p->planes - first) : 4;
        int64_t sum = 0;
#define SUM(n) case n: sum = p->N < 128 ? sum_planes(p, u, bits, table, n, 0) : sum_planes(p, u, bits, table, n, 1); break;
        switch (count) { SUM(1) SUM(2) SUM(3) SUM(4) }
#undef SUM
        for (int k = 0; k < count; k++)
            sum -= padding * ((int64_t)table[256 * k + u[64 * p->words - 1]] << (8 * k));
        h += sum << (8 * first);
    }
    return h;
}

INLINE void turn_bytes(const problem *p, uint8_t *u, int64_t i, int s)   /* after spin i has become s */
{
    const uint64_t *bits = p->bits + i * p->words;
    const __m512i up = _mm512_set1_epi8((char)s), down = _mm512_set1_epi8((char)-s);
    for (int64_t w = 0; w < p->words; w++) {
        __m512i x = _mm512_loadu_si512(u + 64 * w);
        _mm512_storeu_si512(u + 64 * w, _mm512_add_epi8(x, _mm512_mask_blend_epi8(bits[w], down, up)));
    }
}

INLINE int64_t total(__m512i x)   /* of 16 integers of 32 bits */
{
    return _mm512_reduce_add_epi64(_mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(x)),
                                                    _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(x, 1))));
}

INLINE int64_t field_words(const problem *p, const int16_t *X, int64_t i, int s)
{
    const uint32_t *bits = (const uint32_t *)(p->bits + i * p->words);
    const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi16(1);
    __m512i sum = zero;
    for (int64_t w = 0; w < 2 * p->words; w++) {
        __m512i x = _mm512_loadu_si512(X + 32 * w);
        sum = _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_mask_sub_epi16(x, ~bits[w], zero, x), one));
    }
    return total(sum) - (64 * p->words - p->S) * X[64 * p->words - 1] - s * p->S;
}

#define BLOCK 128   /* registers of 32 patterns: sums of two products below 2^21 each time stay below 2^31 */

INLINE int64_t field_cubes(const problem *p, const int16_t *X, int64_t i, int s)
{
    const uint32_t *bits = (const uint32_t *)(p->bits + i * p->words);
    const __m512i one = _mm512_set1_epi16(1), spin = _mm512_set1_epi16((short)s), low = _mm512_set1_epi16(2047), zero = _mm512_setzero_si512();
    int64_t cubes = 0, sum = 0;
    for (int64_t first = 0; first < 2 * p->words; first += BLOCK) {
        int64_t end = first + BLOCK < 2 * p->words ? first + BLOCK : 2 * p->words;
        __m512i lower = zero, upper = zero, plain = zero;
        for (int64_t w = first; w < end; w++) {
            __m512i x = _mm512_loadu_si512(X + 32 * w);
            __m512i t = _mm512_sub_epi16(_mm512_mask_sub_epi16(x, ~bits[w], zero, x), spin);   /* xi X - s = xi c */
            __m512i rest = _mm512_mulhi_epi16(_mm512_slli_epi16(t, 5), t);
            lower = _mm512_add_epi32(lower, _mm512_madd_epi16(t, _mm512_and_si512(_mm512_mullo_epi16(t, t), low)));
            upper = _mm512_add_epi32(upper, _mm512_madd_epi16(t, rest));
            plain = _mm512_add_epi32(plain, _mm512_madd_epi16(t, one));
        }
        cubes += total(lower) + 2048 * total(upper);
        sum += total(plain);
    }
    int64_t t = X[64 * p->words - 1] - s, padding = 64 * p->words - p->S;
    return p->a * (cubes - padding * t * t * t) + p->b * (sum - padding * t);
}

INLINE void turn_words(const problem *p, int16_t *X, int64_t i, int s)
{
    const uint32_t *bits = (const uint32_t *)(p->bits + i * p->words);
    const __m512i up = _mm512_set1_epi16((short)(2 * s)), down = _mm512_set1_epi16((short)(-2 * s));
    for (int64_t w = 0; w < 2 * p->words; w++) {
        __m512i x = _mm512_loadu_si512(X + 32 * w);
        _mm512_storeu_si512(X + 32 * w, _mm512_add_epi16(x, _mm512_mask_blend_epi16(bits[w], down, up)));
    }
}

/* The new value of a spin s: rule 0, heat-bath, s = +1 iff h > limit; rule 1, a flip iff s h <= limit. */
INLINE int8_t decide(int rule, double h, int8_t s, double limit)
{
    if (rule == 0)
        return h > limit ? 1 : -1;
    return s * h <= limit ? (int8_t)-s : s;
}

/* `sweeps` sweeps of every chain.  spins (C, N); overlaps (C, 64 words) of `type`; limits (C, sweeps, N); sites (C, sweeps, N), or NULL for the
   order 0 ... N-1; next (N) scratch for parallel dynamics, else NULL; flips (C) is added to. */
#define RUN(name, type, field, turn)                                                                                                    \
    WIDE void name(const problem *p, int64_t chains, int64_t sweeps, int8_t *spins, type *overlaps, const double *limits,               \
                   const int64_t *sites, int rule, int8_t *next, int64_t *flips)                                                        \
    {                                                                                                                                   \
        const int64_t N = p->N;                                                                                                         \
        for (int64_t c = 0; c < chains; c++) {                                                                                          \
            int8_t *s = spins + c * N;                                                                                                  \
            type *x = overlaps + c * 64 * p->words;                                                                                     \
            for (int64_t sweep = 0; sweep < sweeps; sweep++) {                                                                          \
                const double *limit = limits + (c * sweeps + sweep) * N;                                                                \
                const int64_t *site = sites ? sites + (c * sweeps + sweep) * N : 0;                                                     \
                if (next)                                                                                                               \
                    for (int64_t i = 0; i < N; i++)                                                                                     \
                        next[i] = decide(rule, field(p, x, i, s[i]) * p->denominator, s[i], limit[i]);                                  \
                for (int64_t a = 0; a < N; a++) {                                                                                       \
                    int64_t i = site ? site[a] : a;                                                                                     \
                    int8_t to = next ? next[i] : decide(rule, field(p, x, i, s[i]) * p->denominator, s[i], limit[a]);                   \
                    if (to != s[i]) {                                                                                                   \
                        s[i] = to;                                                                                                      \
                        turn(p, x, i, to);                                                                                              \
                        flips[c]++;                                                                                                     \
                    }                                                                                                                   \
                }                                                                                                                       \
            }                                                                                                                           \
        }                                                                                                                               \
    }

RUN(hebbnet_bytes, uint8_t, field_bytes, turn_bytes)
RUN(hebbnet_words, int16_t, field_words, turn_words)
RUN(hebbnet_cubes, int16_t, field_cubes, turn_words)

#else

int hebbnet_layout(void) { return 0; }
void hebbnet_bytes(void) {}
void hebbnet_words(void) {}
void hebbnet_cubes(void) {}

#endif
