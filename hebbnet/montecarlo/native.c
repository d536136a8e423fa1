/* Local fields of +-1 rows with the vector instructions that numba does not reach; the same integers, so the same spins.

   Loaded through ctypes (native.py) where the machine has AVX-512 with byte permutations; narrow.c has part of it for others.  Random numbers come
   from the caller: limits and sites of every attempt.  With X = sum_i xi_i s_i and c = X - s xi the field of a spin s is h = sum_mu xi D(c), for
   which there are two ways.

   From the overlaps, at every attempt:
     bytes: N < 256 and D odd.  The byte u = (X + N)/2 stands for X, and what a pattern adds to the field is looked up, a byte of it at a time, in a
       table of 64 or 128 entries that lies in one or two registers: one instruction for 64 patterns.
     words: D(c) a multiple of c (P = 2).  h = sum_mu xi X - s S from overlaps X as 16-bit integers.
     cubes: D(c) = (a c^3 + b c)/denominator (P = 4) and N < 1024.  Squares are split into 11 low bits and the rest, so that 16-bit products make
       up the cubes, t^3 = t (t^2 mod 2^11) + 2^11 t floor(t^2/2^11), and their sums stay exact in 32 bits for a block of patterns.
   From what was kept, for any D, where flips are few: with B = D(X + 1) + D(X - 1)

       h = sum over xi = +1 of B  -  sum_mu D(X + s),

     so that an attempt adds up bytes of B that a flip makes anew, and the second sum is a number; after the flip of s to s' it is
     sum over xi = +1 of B - h, for h did not change, and the one with -s' what is left of sum_mu B.  The next attempt most likely finds the same
     bytes: one reading of them gives its field too, which is used unless a flip comes first.  For N < 256 tables give the bytes of B, else a
     polynomial modulo 2^32 (native.py).

   Both have as many bytes, and entries, as nearly all patterns need.  The few whose X is larger (retrieved patterns) are listed, and what is
   missing is added.  Rows are filled up to whole registers with patterns of all -1, whose share is taken off again. */
#include "native.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")))
#define INLINE WIDE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("GCC unroll 4")   /* or sums that belong in registers go through memory */

int hebbnet_layout(void)   /* 0 where this machine cannot run the kernels */
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi")
        && __builtin_cpu_supports("avx512vnni") ? LAYOUT : 0;
}

/* The listed among 64 patterns from `first` on, of which `mask` are outside */
INLINE void list(const problem *p, memory *now, __mmask64 mask, int64_t first)
{
    for (; mask; mask &= mask - 1) {
        int64_t mu = first + __builtin_ctzll(mask);
        if (mu < p->S)
            now->listed[now->count++] = mu;
    }
}

INLINE __mmask64 outside(__m512i u, int64_t low, int64_t high)
{
    return _mm512_cmpgt_epu8_mask(_mm512_sub_epi8(u, _mm512_set1_epi8((char)low)), _mm512_set1_epi8((char)(high - low)));
}

INLINE int plus(const uint64_t *bits, int64_t mu) { return bits[mu >> 6] >> (mu & 63) & 1; }

/* sum_k 2^(8 k) times the sum of the 16 numbers below 2^32 in sum[k] */
INLINE int64_t combined(__m512i *sum, int planes)
{
    UNROLLED for (int k = planes - 1; k >= 0; k--) {
        sum[k] = _mm512_add_epi64(_mm512_and_si512(sum[k], _mm512_set1_epi64(0xffffffff)), _mm512_srli_epi64(sum[k], 32));
        if (k < planes - 1)
            sum[k] = _mm512_add_epi64(sum[k], _mm512_slli_epi64(sum[k + 1], 8));
    }
    return _mm512_reduce_add_epi64(sum[0]);
}

INLINE void load_table(const uint8_t *table, __m512i part[][2], int planes)
{
    UNROLLED for (int k = 0; k < planes; k++)
        UNROLLED for (int half = 0; half < 2; half++)
            part[k][half] = _mm512_loadu_si512(table + 128 * k + 64 * half);
}

INLINE __m512i look_up(const __m512i *part, __m512i u, int large)
{
    return large ? _mm512_permutex2var_epi8(part[0], u, part[1]) : _mm512_permutexvar_epi8(u, part[0]);
}

/* The entry of u, `planes` bytes of it */
INLINE int64_t entry_of(const uint8_t *table, int64_t u, int64_t size, int64_t planes)
{
    int64_t entry = 0;
    for (int64_t k = 0; k < planes; k++)
        entry += (int64_t)table[128 * k + (u & (size - 1))] << (8 * k);
    return entry;
}

/* Cases of up to four planes, so that tables and sums stay in registers */
#define PLANES(count, run) switch (count) { case 1: run(1) break; case 2: run(2) break; case 3: run(3) break; case 4: run(4) break; }

/* ---- from overlaps as bytes ------------------------------------------------------------------------------------------------------ */

/* Sum of the entries of all patterns, `planes` bytes of them; D is odd, so that a pattern with xi = -1 has the entry of N - u. */
INLINE int64_t sum_planes(const problem *p, const uint8_t *u, const uint64_t *bits, const uint8_t *table, int planes, int large)
{
    const __m512i N = _mm512_set1_epi8((char)p->N), one = _mm512_set1_epi8(1);
    __m512i part[4][2], sum[4], other[4];
    load_table(table, part, planes);
    UNROLLED for (int k = 0; k < planes; k++)
        sum[k] = other[k] = _mm512_setzero_si512();
    int64_t w = 0;
    for (; w + 2 <= p->words; w += 2) {
        __m512i x = _mm512_loadu_si512(u + 64 * w), y = _mm512_loadu_si512(u + 64 * w + 64);
        x = _mm512_mask_sub_epi8(x, ~bits[w], N, x);
        y = _mm512_mask_sub_epi8(y, ~bits[w + 1], N, y);
        UNROLLED for (int k = 0; k < planes; k++) {   /* four bytes to a sum of 32 bits, for up to 2^27 patterns */
            sum[k] = _mm512_dpbusd_epi32(sum[k], look_up(part[k], x, large), one);
            other[k] = _mm512_dpbusd_epi32(other[k], look_up(part[k], y, large), one);
        }
    }
    if (w < p->words) {
        __m512i x = _mm512_loadu_si512(u + 64 * w);
        x = _mm512_mask_sub_epi8(x, ~bits[w], N, x);
        UNROLLED for (int k = 0; k < planes; k++)
            sum[k] = _mm512_dpbusd_epi32(sum[k], look_up(part[k], x, large), one);
    }
    UNROLLED for (int k = 0; k < planes; k++)
        sum[k] = _mm512_add_epi32(sum[k], other[k]);
    return combined(sum, planes);
}

INLINE int64_t field_bytes(const problem *p, const memory *now, const uint8_t *u, int64_t i, int s)
{
    const uint64_t *bits = p->bits + i * p->words;
    const uint8_t *table = p->tables + (s > 0) * p->planes * 128;
    const int64_t *missing = p->missing + (s > 0) * (p->N + 1);
    int64_t h = p->S * p->base - (64 * p->words - p->S) * entry_of(table, p->N - u[64 * p->words - 1], p->size, p->planes);
    for (int64_t first = 0; first < p->planes; first += 4, table += 4 * 128) {   /* as many tables at a time as fit the registers */
        int64_t sum = 0;
#define SUM(n) sum = p->size == 64 ? sum_planes(p, u, bits, table, n, 0) : sum_planes(p, u, bits, table, n, 1);
        PLANES(p->planes - first < 4 ? p->planes - first : 4, SUM)
#undef SUM
        h += sum << (8 * first);
    }
    for (int64_t n = 0; n < now->count; n++) {
        const int64_t mu = now->listed[n];
        h += missing[plus(bits, mu) ? u[mu] : p->N - u[mu]];
    }
    return h;
}

INLINE void list_bytes(const problem *p, memory *now, const uint8_t *u)
{
    now->count = 0;
    for (int64_t w = 0; w < p->words; w++)
        list(p, now, outside(_mm512_loadu_si512(u + 64 * w), p->low, p->high), 64 * w);
}

INLINE void turn_bytes(const problem *p, memory *now, uint8_t *u, int64_t i, int s)   /* after spin i has become s */
{
    const uint64_t *bits = p->bits + i * p->words;
    const __m512i up = _mm512_set1_epi8((char)s), down = _mm512_set1_epi8((char)-s), low = _mm512_set1_epi8((char)p->low);
    __m512i farthest = _mm512_setzero_si512();
    for (int64_t w = 0; w < p->words; w++) {
        __m512i x = _mm512_loadu_si512(u + 64 * w);
        x = _mm512_add_epi8(x, _mm512_mask_blend_epi8(bits[w], down, up));
        _mm512_storeu_si512(u + 64 * w, x);
        farthest = _mm512_max_epu8(farthest, _mm512_sub_epi8(x, low));
    }
    now->count = 0;
    if (p->planes && _mm512_cmpgt_epu8_mask(farthest, _mm512_set1_epi8((char)(p->high - p->low))))
        list_bytes(p, now, u);
}

/* ---- from overlaps as words ------------------------------------------------------------------------------------------------------ */

INLINE int64_t total(__m512i x)   /* of 16 integers of 32 bits */
{
    return _mm512_reduce_add_epi64(_mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(x)),
                                                    _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(x, 1))));
}

INLINE int64_t field_words(const problem *p, const memory *now, const int16_t *X, int64_t i, int s)
{
    const uint32_t *bits = (const uint32_t *)(p->bits + i * p->words);
    const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi16(1);
    __m512i sum = zero;
    for (int64_t w = 0; w < 2 * p->words; w++) {
        __m512i x = _mm512_loadu_si512(X + 32 * w);
        sum = _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_mask_sub_epi16(x, ~bits[w], zero, x), one));
    }
    return total(sum) + (64 * p->words - p->S) * X[64 * p->words - 1] - s * p->S;
}

#define BLOCK 128   /* registers of 32 patterns: sums of two products below 2^21 each time stay below 2^31 */

INLINE int64_t field_cubes(const problem *p, const memory *now, const int16_t *X, int64_t i, int s)
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
    int64_t t = -X[64 * p->words - 1] - s, padding = 64 * p->words - p->S;
    return (p->a * (cubes - padding * t * t * t) + p->b * (sum - padding * t)) / (int64_t)p->denominator;
}

INLINE void list_words(const problem *p, memory *now, const int16_t *X) {}

INLINE void turn_words(const problem *p, memory *now, int16_t *X, int64_t i, int s)
{
    const uint32_t *bits = (const uint32_t *)(p->bits + i * p->words);
    const __m512i up = _mm512_set1_epi16((short)(2 * s)), down = _mm512_set1_epi16((short)(-2 * s));
    for (int64_t w = 0; w < 2 * p->words; w++) {
        __m512i x = _mm512_loadu_si512(X + 32 * w);
        _mm512_storeu_si512(X + 32 * w, _mm512_add_epi16(x, _mm512_mask_blend_epi16(bits[w], down, up)));
    }
}

/* ---- from what was kept ---------------------------------------------------------------------------------------------------------- */

/* Sums of the kept values of the patterns in the bits of one row or two, which share what is read */
INLINE void sum_kept(const problem *p, const uint8_t *bytes, const uint64_t *const *bits, int64_t *sums, int rows, int planes)
{
    const __m512i one = _mm512_set1_epi8(1);
    __m512i sum[2][4];   /* one row: of every other register */
    UNROLLED for (int n = 0; n < 2; n++)
        UNROLLED for (int k = 0; k < planes; k++)
            sum[n][k] = _mm512_setzero_si512();
    int64_t w = 0;
    for (; w + 2 <= p->words; w += 2, bytes += 128 * planes)
        UNROLLED for (int half = 0; half < 2; half++)
            UNROLLED for (int r = 0; r < rows; r++) {
                const int n = rows == 1 ? half : r;
                const __m512i row = _mm512_maskz_mov_epi8(bits[r][w + half], one);
                UNROLLED for (int k = 0; k < planes; k++)
                    sum[n][k] = _mm512_dpbusd_epi32(sum[n][k], _mm512_loadu_si512(bytes + 64 * (planes * half + k)), row);
            }
    if (w < p->words)
        UNROLLED for (int r = 0; r < rows; r++)
            UNROLLED for (int k = 0; k < planes; k++)
                sum[r][k] = _mm512_dpbusd_epi32(sum[r][k], _mm512_loadu_si512(bytes + 64 * k), _mm512_maskz_mov_epi8(bits[r][w], one));
    if (rows == 1)
        UNROLLED for (int k = 0; k < planes; k++)
            sum[0][k] = _mm512_add_epi32(sum[0][k], sum[1][k]);
    UNROLLED for (int r = 0; r < rows; r++)
        sums[r] = combined(sum[r], planes);
}

/* Sums of B over the patterns with xi = +1 of neuron i, and of neuron j unless it is negative; u (X + N)/2 of a pattern */
#define SUM_OF_ROW(name, type, at)                                                                                      \
    INLINE void name(const problem *p, const memory *now, const type *overlaps, int64_t i, int64_t j, int64_t *sums)    \
    {                                                                                                                   \
        const uint64_t *bits[2] = {p->bits + i * p->words, p->bits + (j < 0 ? i : j) * p->words};                       \
        const int64_t neurons[2] = {i, j};                                                                              \
        PLANES(p->depth, SUM)                                                                                           \
        for (int r = 0; r < 1 + (j >= 0); r++) {                                                                        \
            for (int64_t n = 0; n < now->count; n++)                                                                    \
                sums[r] += plus(bits[r], now->listed[n]) ? p->beyond[at(overlaps[now->listed[n]])] : 0;                 \
            sums[r] = p->unit * sums[r] + p->shares[neurons[r]];                                                        \
        }                                                                                                               \
    }
#define SUM(n) if (j < 0) sum_kept(p, now->bytes, bits, sums, 1, n); else sum_kept(p, now->bytes, bits, sums, 2, n);
#define OF_BYTE(u) (u)
#define OF_WORD(X) (((X) + p->N) >> 1)
SUM_OF_ROW(sum_row_bytes, uint8_t, OF_BYTE)
SUM_OF_ROW(sum_row_words, int16_t, OF_WORD)
#undef SUM

/* Both sums of D after a change: `field` is that of a spin s in the row i, `all` the sum of all that are kept */
#define SHARE(name, type, at, sum_row)                                                                                           \
    INLINE void name(const problem *p, memory *now, const type *overlaps, int64_t i, int s, int64_t field, int64_t all)          \
    {                                                                                                                            \
        int64_t sum[2];                                                                                                          \
        for (int64_t n = 0; n < now->count; n++)                                                                                 \
            all += p->beyond[at(overlaps[now->listed[n]])];                                                                      \
        sum_row(p, now, overlaps, i, -1, sum);                                                                                   \
        now->sums[s > 0] = sum[0] - field;                                                                                       \
        now->sums[s <= 0] = p->unit * all + p->offset * p->S - now->sums[s > 0];                                                 \
    }
SHARE(share_bytes, uint8_t, OF_BYTE, sum_row_bytes)
SHARE(share_words, int16_t, OF_WORD, sum_row_words)

/* Overlaps change by what spin i, now s, brings (s = 0: nothing), and values are kept anew; the sum of all that are kept */
INLINE int64_t renew_planes(const problem *p, memory *now, uint8_t *u, int64_t i, int s, int planes, int large)
{
    const uint64_t *bits = p->bits + i * p->words;
    const __m512i up = _mm512_set1_epi8((char)s), down = _mm512_set1_epi8((char)-s), one = _mm512_set1_epi8(1), from = _mm512_set1_epi8((char)p->from);
    __m512i part[4][2], sum[4], farthest = _mm512_setzero_si512();
    load_table(p->lookup, part, planes);
    UNROLLED for (int k = 0; k < planes; k++)
        sum[k] = _mm512_setzero_si512();
    now->count = 0;
    for (int64_t w = 0; w < p->words; w++) {
        __m512i x = _mm512_loadu_si512(u + 64 * w);
        x = _mm512_add_epi8(x, _mm512_mask_blend_epi8(bits[w], down, up));
        _mm512_storeu_si512(u + 64 * w, x);
        UNROLLED for (int k = 0; k < planes; k++) {
            __m512i entry = look_up(part[k], x, large);
            _mm512_storeu_si512(now->bytes + 64 * (planes * w + k), entry);
            sum[k] = _mm512_dpbusd_epi32(sum[k], entry, one);
        }
        farthest = _mm512_max_epu8(farthest, _mm512_sub_epi8(x, from));
    }
    if (_mm512_cmpgt_epu8_mask(farthest, _mm512_set1_epi8((char)(p->to - p->from))))
        for (int64_t w = 0; w < p->words; w++)
            list(p, now, outside(_mm512_loadu_si512(u + 64 * w), p->from, p->to), 64 * w);
    return combined(sum, planes) - (64 * p->words - p->S) * entry_of(p->lookup, u[64 * p->words - 1], p->length, planes);
}

INLINE int64_t renew_bytes(const problem *p, memory *now, uint8_t *u, int64_t i, int s)
{
    int64_t all = 0;
#define RENEW(n) all = p->length == 64 ? renew_planes(p, now, u, i, s, n, 0) : renew_planes(p, now, u, i, s, n, 1);
    PLANES(p->depth, RENEW)
#undef RENEW
    return all;
}

INLINE int64_t renew_words_planes(const problem *p, memory *now, int16_t *X, int64_t i, int s, int planes)
{
    const uint32_t *bits = (const uint32_t *)(p->bits + i * p->words);
    const __m512i up = _mm512_set1_epi16((short)(2 * s)), down = _mm512_set1_epi16((short)(-2 * s)), one = _mm512_set1_epi8(1);
    const __m512i start = _mm512_set1_epi16((short)(p->N - 2 * p->from)), last = _mm512_set1_epi16((short)(p->to - p->from));
    const __m128i shift = _mm_cvtsi64_si128(p->shift);
    __m512i sum[4], lowest[4];   /* bytes 4 j + k of two registers of 16 integers */
    UNROLLED for (int k = 0; k < planes; k++) {
        sum[k] = _mm512_setzero_si512();
        lowest[k] = _mm512_add_epi8(_mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, 0x7c787470, 0x6c686460, 0x5c585450, 0x4c484440, 0x3c383430, 0x2c282420,
                                                     0x1c181410, 0x0c080400), _mm512_set1_epi8((char)k));
    }
    now->count = 0;
    for (int64_t w = 0; w < p->words; w++) {
        __m512i t[4], value[4];   /* u - from, and its polynomial */
        __mmask64 far = 0;
        UNROLLED for (int half = 0; half < 2; half++) {
            __m512i x = _mm512_loadu_si512(X + 64 * w + 32 * half);
            x = _mm512_add_epi16(x, _mm512_mask_blend_epi16(bits[2 * w + half], down, up));
            _mm512_storeu_si512(X + 64 * w + 32 * half, x);
            x = _mm512_srli_epi16(_mm512_add_epi16(x, start), 1);   /* below `from`: large without a sign */
            far |= (__mmask64)_mm512_cmpgt_epu16_mask(x, last) << 32 * half;
            t[2 * half] = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(x));
            t[2 * half + 1] = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(x, 1));
        }
        UNROLLED for (int n = 0; n < 4; n++)
            value[n] = _mm512_set1_epi32(p->polynomial[p->degree]);
        for (int64_t k = p->degree - 1; k >= 0; k--)
            UNROLLED for (int n = 0; n < 4; n++)
                value[n] = _mm512_add_epi32(_mm512_mullo_epi32(value[n], t[n]), _mm512_set1_epi32(p->polynomial[k]));
        UNROLLED for (int n = 0; n < 4; n++)
            value[n] = _mm512_maskz_srl_epi32((__mmask16)(~far >> 16 * n), value[n], shift);
        UNROLLED for (int k = 0; k < planes; k++) {
            const __m512i low = _mm512_permutex2var_epi8(value[0], lowest[k], value[1]), high = _mm512_permutex2var_epi8(value[2], lowest[k], value[3]);
            const __m512i plane = _mm512_inserti64x4(low, _mm512_castsi512_si256(high), 1);
            _mm512_storeu_si512(now->bytes + 64 * (planes * w + k), plane);
            sum[k] = _mm512_dpbusd_epi32(sum[k], plane, one);
        }
        if (__builtin_expect(far != 0, 0))
            list(p, now, far, 64 * w);
    }
    int64_t padded = 0;   /* the value of the last pattern */
    UNROLLED for (int k = 0; k < planes; k++)
        padded += (int64_t)now->bytes[64 * (planes * (p->words - 1) + k) + 63] << 8 * k;
    return combined(sum, planes) - (64 * p->words - p->S) * padded;
}

INLINE int64_t renew_words(const problem *p, memory *now, int16_t *X, int64_t i, int s)
{
    int64_t all = 0;
#define RENEW(n) all = renew_words_planes(p, now, X, i, s, n);
    PLANES(p->depth, RENEW)
#undef RENEW
    return all;
}

/* The field of spin 0 for a start: from its overlaps where D is odd, else one pattern after the other */
INLINE int64_t field_of_table(const problem *p, const uint8_t *u, const int16_t *X, int s)
{
    int64_t h = 0;
    for (int64_t mu = 0; mu < p->S; mu++) {
        const int64_t at = u ? u[mu] : OF_WORD(X[mu]);
        const int xi = 2 * plus(p->bits, mu) - 1;
        h += xi * p->fields[at - (xi == s)];   /* no branch, which nobody could predict */
    }
    return h;
}

INLINE void keep_bytes(const problem *p, memory *now, uint8_t *u, const int8_t *spins)
{
    int64_t field;
    if (p->planes) {
        list_bytes(p, now, u);
        field = field_bytes(p, now, u, 0, spins[0]);
    } else
        field = field_of_table(p, u, 0, spins[0]);
    int64_t all = renew_bytes(p, now, u, 0, 0);
    share_bytes(p, now, u, 0, spins[0], field, all);
}

INLINE void keep_words(const problem *p, memory *now, int16_t *X, const int8_t *spins)
{
    int64_t field = field_of_table(p, 0, X, spins[0]);
    int64_t all = renew_words(p, now, X, 0, 0);
    share_words(p, now, X, 0, spins[0], field, all);
}

/* ---- sweeps ---------------------------------------------------------------------------------------------------------------------- */

/* The neuron of the next attempt, if its field is worth finding along with that of i; else -1 */
INLINE int64_t second(const memory *now, const sequence *of, int64_t a, int64_t i)
{
    if (!of->pairs || a + 1 == of->N)
        return -1;
    const int64_t j = neuron(of, a + 1);
    return j == i || of->known[j] == now->changes ? -1 : j;
}

/* The field of the neuron of attempt a: one that is known since the last flip, or in the one way or (few) the other, which begins when it is first
   needed */
#define FIELD(name, ways, type, field, start, keep, sum_row)                                                             \
    INLINE int64_t name(const problem *p, memory *now, type *x, const int8_t *s, int64_t a, int few, const sequence *of) \
    {                                                                                                                    \
        const int64_t i = neuron(of, a);                                                                                 \
        if (is_known(p, now, of, i))                                                                                     \
            return of->fields[i];                                                                                        \
        few = ways == BOTH ? few : ways == KEPT;   /* a constant, for the compiler */                                    \
        if (few && now->keeping != 1)                                                                                    \
            keep(p, now, x, s);                                                                                          \
        else if (!few && now->keeping)                                                                                   \
            start(p, now, x);                                                                                            \
        now->keeping = few;                                                                                              \
        int64_t h, sums[2];                                                                                              \
        if (few) {                                                                                                       \
            const int64_t j = second(now, of, a, i);                                                                     \
            sum_row(p, now, x, i, j, sums);                                                                              \
            h = sums[0] - now->sums[s[i] > 0];                                                                           \
            if (j >= 0)                                                                                                  \
                learn(now, of, j, sums[1] - now->sums[s[j] > 0]);                                                        \
        } else                                                                                                           \
            h = field(p, now, x, i, s[i]);                                                                               \
        if (of->fields && p->rare)                                                                                       \
            learn(now, of, i, h);                                                                                        \
        return h;                                                                                                        \
    }

FIELD(recall_bytes, BOTH, uint8_t, field_bytes, list_bytes, keep_bytes, sum_row_bytes)
FIELD(recall_words, OVERLAPS, int16_t, field_words, list_words, keep_words, sum_row_words)
FIELD(recall_cubes, BOTH, int16_t, field_cubes, list_words, keep_words, sum_row_words)
FIELD(recall_kept, KEPT, int16_t, field_words, list_words, keep_words, sum_row_words)

RUN(hebbnet_bytes, WIDE, BOTH, uint8_t, recall_bytes, turn_bytes, renew_bytes, share_bytes)
RUN(hebbnet_words, WIDE, OVERLAPS, int16_t, recall_words, turn_words, renew_words, share_words)
RUN(hebbnet_cubes, WIDE, BOTH, int16_t, recall_cubes, turn_words, renew_words, share_words)
RUN(hebbnet_kept, WIDE, KEPT, int16_t, recall_kept, turn_words, renew_words, share_words)

#else

int hebbnet_layout(void) { return 0; }
void hebbnet_bytes(void) {}
void hebbnet_words(void) {}
void hebbnet_cubes(void) {}
void hebbnet_kept(void) {}

#endif
