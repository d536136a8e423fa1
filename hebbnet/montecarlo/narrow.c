/* Fields from what was kept (native.c) for processors without the instructions of native.c: AVX2, or NEON with dot products of bytes.  Any D,
   where flips are few; the same integers, so the same spins.  With B = D(X + 1) + D(X - 1),

       2 h = sum_mu xi B  +  sum_mu D(X - s)  -  sum_mu D(X + s),     sum_mu xi B = 2 (sum over xi = +1 of B) - sum_mu B,

   and all sums but that over xi = +1 are numbers that a flip makes anew. */
#include "native.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define NARROW __attribute__((target("avx2")))
#define INLINE NARROW static inline __attribute__((always_inline))

static int runs(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2");
}

typedef __m256i vector;
typedef struct { __m256i part[4]; } table;
typedef int16_t part __attribute__((vector_size(32)));
typedef int32_t sums __attribute__((vector_size(32)));
typedef int64_t totals __attribute__((vector_size(32)));
enum { WIDTH = 32, BIAS = 0 };   /* bytes of a vector; kept bytes are stored exclusive-or BIAS, by which they are then less */

INLINE vector load(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }
INLINE vector ones(void) { return _mm256_set1_epi8(1); }

INLINE part dot(part sum, vector bytes, vector row) { return sum + (part)_mm256_maddubs_epi16(bytes, row); }   /* pairs of products, up to 64 times */
INLINE sums widened(part sum) { return (sums)_mm256_madd_epi16((__m256i)sum, _mm256_set1_epi16(1)); }

INLINE totals longer(sums x)
{
    return (totals)_mm256_cvtepi32_epi64(_mm_add_epi32(_mm256_castsi256_si128((__m256i)x), _mm256_extracti128_si256((__m256i)x, 1)));
}

/* 64 overlaps change by `change` times their entries of the row; their places u - from, the one after the last where they are outside; whether one of
   them is */
INLINE int turn(const problem *p, int16_t *X, const int8_t *row, int change, uint16_t *place)
{
    const __m256i shift = _mm256_set1_epi16((short)(p->N - 2 * p->from)), out = _mm256_set1_epi16((short)(p->to - p->from + 1));
    __m256i any = _mm256_setzero_si256();
    for (int n = 0; n < 64; n += 16) {
        const __m256i signs = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(row + n)));
        const __m256i x = _mm256_add_epi16(load(X + n), _mm256_mullo_epi16(signs, _mm256_set1_epi16((short)change)));
        const __m256i at = _mm256_min_epu16(_mm256_srli_epi16(_mm256_add_epi16(x, shift), 1), out);   /* below the first: large without a sign */
        any = _mm256_or_si256(any, _mm256_cmpeq_epi16(at, out));
        _mm256_storeu_si256((__m256i *)(X + n), x);
        _mm256_storeu_si256((__m256i *)(place + n), at);
    }
    return !_mm256_testz_si256(any, any);
}

/* Places up to 64 as bytes, and their entries in a table of 64; 0 beyond */
INLINE vector narrowed(const uint16_t *place)
{
    return _mm256_permute4x64_epi64(_mm256_packus_epi16(load(place), load(place + 16)), 0xd8);
}

INLINE table load_table(const uint8_t *from)
{
    table t;
    for (int n = 0; n < 4; n++)
        t.part[n] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(from + 16 * n)));
    return t;
}

INLINE vector look_up(table t, vector place)
{
    __m256i found = _mm256_setzero_si256();
    for (int n = 0; n < 4; n++) {   /* what is not below 16 gets its highest bit set, and so 0 */
        const __m256i at = _mm256_adds_epu8(_mm256_sub_epi8(place, _mm256_set1_epi8((char)(16 * n))), _mm256_set1_epi8(0x70));
        found = _mm256_or_si256(found, _mm256_shuffle_epi8(t.part[n], at));
    }
    return found;
}

INLINE vector plane(const int32_t *value, int64_t k)   /* byte k of as many values as a vector has bytes */
{
    const __m128i shift = _mm_cvtsi64_si128(8 * k);
    __m256i v[4];
    for (int n = 0; n < 4; n++)
        v[n] = _mm256_and_si256(_mm256_srl_epi32(load(value + 8 * n), shift), _mm256_set1_epi32(255));
    const __m256i packed = _mm256_packus_epi16(_mm256_packus_epi32(v[0], v[1]), _mm256_packus_epi32(v[2], v[3]));   /* halves interleaved */
    return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

INLINE void store(uint8_t *to, vector x) { _mm256_storeu_si256((__m256i *)to, x); }

/* -1 where the bits of 64 patterns are set, else 0: the n-th vector of them, bit b of byte j that of pattern 8 b + j */
INLINE vector picked(uint64_t bits, int n)
{
    const __m256i which = _mm256_set1_epi64x(0x0101010101010101LL << (4 * n));
    const __m256i mask = _mm256_sllv_epi64(which, _mm256_setr_epi64x(0, 1, 2, 3));
    return _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_set1_epi64x((long long)bits), mask), mask);
}

#elif defined(__AARCH64EL__) && (defined(__ARM_FEATURE_DOTPROD) || defined(__linux__) && (!defined(__clang__) || __clang_major__ >= 16))
#include <arm_neon.h>
#ifdef __ARM_FEATURE_DOTPROD   /* as with all processors of Apple */
#define NARROW
static int runs(void) { return 1; }
#else
#include <sys/auxv.h>
#define NARROW __attribute__((target("arch=armv8.2-a+dotprod")))
static int runs(void) { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }
#endif
#define INLINE NARROW static inline __attribute__((always_inline))

typedef int8x16_t vector;
typedef uint8x16x4_t table;
typedef int32x4_t part, sums;
typedef int64x2_t totals;
enum { WIDTH = 16, BIAS = 128 };

INLINE vector load(const void *from) { return vld1q_s8((const int8_t *)from); }
INLINE vector ones(void) { return vdupq_n_s8(1); }
INLINE part dot(part sum, vector bytes, vector row) { return vdotq_s32(sum, bytes, row); }
INLINE sums widened(part sum) { return sum; }
INLINE totals longer(sums x) { return vpaddlq_s32(x); }

INLINE int turn(const problem *p, int16_t *X, const int8_t *row, int change, uint16_t *place)
{
    const int16x8_t shift = vdupq_n_s16((int16_t)(p->N - 2 * p->from));
    const uint16x8_t out = vdupq_n_u16((uint16_t)(p->to - p->from + 1));
    uint16x8_t any = vdupq_n_u16(0);
    for (int n = 0; n < 64; n += 8) {
        const int16x8_t x = vmlal_s8(vld1q_s16(X + n), vld1_s8(row + n), vdup_n_s8((int8_t)change));
        const uint16x8_t at = vminq_u16(vshrq_n_u16(vreinterpretq_u16_s16(vaddq_s16(x, shift)), 1), out);
        any = vmaxq_u16(any, at);
        vst1q_s16(X + n, x);
        vst1q_u16(place + n, at);
    }
    return vmaxvq_u16(any) == (uint16_t)(p->to - p->from + 1);
}

INLINE vector narrowed(const uint16_t *place)
{
    return vuzp1q_s8(load(place), load(place + 8));
}

INLINE table load_table(const uint8_t *from) { return vld1q_u8_x4(from); }

INLINE vector look_up(table t, vector place)
{
    return vreinterpretq_s8_u8(veorq_u8(vqtbl4q_u8(t, vreinterpretq_u8_s8(place)), vdupq_n_u8(BIAS)));
}

INLINE vector plane(const int32_t *value, int64_t k)
{
    const int32x4_t shift = vdupq_n_s32(-8 * (int)k);
    int16x8_t v[2];
    for (int n = 0; n < 2; n++)
        v[n] = vuzp1q_s16(vreinterpretq_s16_s32(vshlq_s32(vld1q_s32(value + 8 * n), shift)),
                          vreinterpretq_s16_s32(vshlq_s32(vld1q_s32(value + 8 * n + 4), shift)));
    return veorq_s8(vuzp1q_s8(vreinterpretq_s8_s16(v[0]), vreinterpretq_s8_s16(v[1])), vdupq_n_s8((int8_t)BIAS));
}

INLINE void store(uint8_t *to, vector x) { vst1q_s8((int8_t *)to, x); }

INLINE vector picked(uint64_t bits, int n)
{
    const uint64x2_t mask = {0x0101010101010101ULL << (2 * n), 0x0101010101010101ULL << (2 * n + 1)};
    return vreinterpretq_s8_u8(vtstq_u8(vreinterpretq_u8_u64(vdupq_n_u64(bits)), vreinterpretq_u8_u64(mask)));
}

#endif

#ifdef NARROW
enum { PARTS = 64 / WIDTH };   /* vectors of 64 patterns */
typedef uint32_t lanes __attribute__((vector_size(WIDTH)));
typedef uint16_t halves __attribute__((vector_size(WIDTH / 2)));

int hebbnet_narrow_layout(void) { return runs() ? LAYOUT : 0; }   /* 0 where this machine cannot run the kernel */

INLINE int64_t at(const problem *p, int16_t X) { return (X + p->N) >> 1; }

/* Sum of the kept values times -1 where `bits` are set, or of all if there are none; weight: the sum of those factors */
INLINE int64_t sum_planes(const problem *p, const uint8_t *bytes, const uint64_t *bits, int64_t weight, int planes)
{
    vector factor[PARTS];
    sums sum[4] = {0};
    for (int n = 0; n < PARTS; n++)
        factor[n] = ones();
    for (int64_t w = 0; w < p->words;) {
        const int64_t end = w + 64 < p->words ? w + 64 : p->words;
        part block[4][PARTS] = {0};
        for (; w < end; w++, bytes += 64 * planes) {
            if (bits)
                for (int n = 0; n < PARTS; n++)
                    factor[n] = picked(bits[w], n);
            for (int k = 0; k < planes; k++)
                for (int n = 0; n < PARTS; n++)
                    block[k][n] = dot(block[k][n], load(bytes + 64 * k + WIDTH * n), factor[n]);
        }
        for (int k = 0; k < planes; k++)
            for (int n = 0; n < PARTS; n++)
                sum[k] += widened(block[k][n]);
    }
    totals all = {0};
    int64_t total = 0;
    for (int k = planes - 1; k >= 0; k--) {
        all = (all << 8) + longer(sum[k]);
        total = 256 * total + BIAS * weight;
    }
    for (int n = 0; n < (int)(sizeof all / 8); n++)
        total += all[n];
    return total;
}

INLINE int64_t sum_kept(const problem *p, const uint8_t *bytes, const uint64_t *bits, int64_t weight)
{
    switch (p->depth) {   /* constants, so that sums stay in registers */
        case 1: return sum_planes(p, bytes, bits, weight, 1);
        case 2: return sum_planes(p, bytes, bits, weight, 2);
        case 3: return sum_planes(p, bytes, bits, weight, 3);
        default: return sum_planes(p, bytes, bits, weight, 4);
    }
}

/* sum_mu xi B of neuron i */
INLINE int64_t sum_row(const problem *p, const memory *now, const int16_t *X, int64_t i)
{
    const int8_t *row = p->rows + i * p->stride;
    int64_t sum = -2 * sum_kept(p, now->bytes, p->bits + i * p->words, -(p->shares[i] + p->S) / 2) - now->all;
    for (int64_t n = 0; n < now->count; n++)
        sum += row[now->listed[n]] * p->beyond[at(p, X[now->listed[n]])];
    return p->unit * sum + p->offset * p->shares[i];
}

/* Values of 64 places from the polynomial, 0 outside */
INLINE void evaluate(const problem *p, const uint16_t *place, int32_t *value)
{
    const uint32_t out = (uint32_t)(p->to - p->from + 1);
    for (int first = 0; first < 64; first += 2 * WIDTH / 4) {
        lanes t[2], y[2];
        for (int n = 0; n < 2; n++) {
            halves at;
            memcpy(&at, place + first + n * (WIDTH / 4), sizeof at);
            t[n] = __builtin_convertvector(at, lanes);
            y[n] = (lanes){0} + (uint32_t)p->polynomial[p->degree];
        }
        for (int64_t k = p->degree - 1; k >= 0; k--)
            for (int n = 0; n < 2; n++)
                y[n] = y[n] * t[n] + (uint32_t)p->polynomial[k];
        for (int n = 0; n < 2; n++) {
            y[n] = (y[n] >> (uint32_t)p->shift) & (lanes)(t[n] < out);
            memcpy(value + first + n * (WIDTH / 4), &y[n], sizeof y[n]);
        }
    }
}

/* Overlaps change by what spin i, now s, brings (s = 0: nothing), and values are kept anew; sum_mu B */
INLINE int64_t renew(const problem *p, memory *now, int16_t *X, int64_t i, int s)
{
    const int8_t *row = p->rows + i * p->stride;   /* zero beyond S, where X stays and is no pattern's */
    const uint8_t *lookup = p->lookup;
    const uint16_t out = (uint16_t)(p->to - p->from + 1);
    const int64_t depth = p->depth;
    uint8_t *bytes = now->bytes;
    int64_t all = 0;
    now->count = 0;
    for (int64_t first = 0; first < 64 * p->words; first += 64, bytes += 64 * depth) {
        uint16_t place[64];
        const int any = turn(p, X + first, row + first, 2 * s, place);
        for (int64_t n = p->S - first; n < 64; n++)
            place[n] = out;
        if (any)
            for (int64_t n = 0; n < 64 && first + n < p->S; n++)
                if (place[n] == out) {
                    now->listed[now->count++] = first + n;
                    all += p->beyond[at(p, X[first + n])];
                }
        if (lookup) {
            vector at[PARTS];
            for (int n = 0; n < PARTS; n++)
                at[n] = narrowed(place + WIDTH * n);
            for (int64_t k = 0; k < depth; k++) {
                const table t = load_table(lookup + 64 * k);
                for (int n = 0; n < PARTS; n++)
                    store(bytes + 64 * k + WIDTH * n, look_up(t, at[n]));
            }
        } else {
            int32_t value[64];
            evaluate(p, place, value);
            for (int64_t k = 0; k < depth; k++)
                for (int n = 0; n < PARTS; n++)
                    store(bytes + 64 * k + WIDTH * n, plane(value + WIDTH * n, k));
        }
    }
    now->all = sum_kept(p, now->bytes, 0, 64 * p->words);
    return p->unit * (all + now->all) + p->offset * p->S;
}

/* Both sums of D after a change that made sum_mu B `all` and left h the field of neuron i, whose spin is s */
INLINE void share(const problem *p, memory *now, const int16_t *X, int64_t i, int s, int64_t h, int64_t all)
{
    now->sums[s > 0] = (all + sum_row(p, now, X, i)) / 2 - h;
    now->sums[s <= 0] = all - now->sums[s > 0];
}

INLINE void keep(const problem *p, memory *now, int16_t *X, int s)
{
    int64_t h = 0;   /* of neuron 0 */
    for (int64_t mu = 0; mu < p->S; mu++)
        h += p->rows[mu] > 0 ? p->fields[at(p, X[mu]) - (s > 0)] : -p->fields[at(p, X[mu]) - (s < 0)];
    share(p, now, X, 0, s, h, renew(p, now, X, 0, 0));
    now->keeping = 1;
}

/* The field of the neuron of attempt a: one that is known since the last flip, or from what was kept */
INLINE int64_t recall(const problem *p, memory *now, int16_t *X, const int8_t *s, int64_t a, int few, const sequence *of)
{
    (void)few;   /* the only way */
    const int64_t i = neuron(of, a);
    if (is_known(p, now, of, i))
        return of->fields[i];
    if (now->keeping != 1)
        keep(p, now, X, s[0]);
    const int64_t h = (sum_row(p, now, X, i) + now->sums[s[i] <= 0] - now->sums[s[i] > 0]) / 2;
    if (of->fields && p->rare)
        learn(now, of, i, h);
    return h;
}

INLINE void turn_row(const problem *p, memory *now, int16_t *X, int64_t i, int s)   /* after spin i has become s */
{
    const int8_t *row = p->rows + i * p->stride;
    (void)now;
    for (int64_t mu = 0; mu < p->S; mu++)
        X[mu] = (int16_t)(X[mu] + 2 * s * row[mu]);
}

RUN(hebbnet_narrow, NARROW, KEPT, int16_t, recall, turn_row, renew, share)

#else

int hebbnet_narrow_layout(void) { return 0; }
void hebbnet_narrow(void) {}

#endif
