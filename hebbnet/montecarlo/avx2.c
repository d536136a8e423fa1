/* Fields from what was kept (native.c) for processors with AVX2 but not the instructions of native.c: any D, where flips are few.  The same
   integers, so the same spins.  Rows are the int8 ones of the engine. */
#include "native.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define NARROW __attribute__((target("avx2")))
#define INLINE NARROW static inline __attribute__((always_inline))

int hebbnet_avx2_layout(void)   /* 0 where this machine cannot run the kernel */
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? LAYOUT : 0;
}

INLINE __m256i load(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }
INLINE int64_t at(const problem *p, int16_t X) { return (X + p->N) >> 1; }

/* Sum of the kept values of the patterns with row[mu] > 0, or of all if there is no row */
INLINE int64_t sum_planes(const problem *p, const uint8_t *bytes, const int8_t *row, int planes)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i sum[4], other[4], left = _mm256_set1_epi8(-1), right = left;
    for (int k = 0; k < planes; k++)
        sum[k] = other[k] = zero;
    for (int64_t w = 0; w < p->words; w++) {
        if (row) {
            left = _mm256_cmpgt_epi8(load(row + 64 * w), zero);
            right = _mm256_cmpgt_epi8(load(row + 64 * w + 32), zero);
        }
        for (int k = 0; k < planes; k++, bytes += 64) {   /* eight bytes to a sum of 64 bits */
            sum[k] = _mm256_add_epi64(sum[k], _mm256_sad_epu8(_mm256_and_si256(left, load(bytes)), zero));
            other[k] = _mm256_add_epi64(other[k], _mm256_sad_epu8(_mm256_and_si256(right, load(bytes + 32)), zero));
        }
    }
    int64_t total = 0;
    for (int k = 0; k < planes; k++) {
        sum[k] = _mm256_add_epi64(sum[k], other[k]);
        const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sum[k]), _mm256_extracti128_si256(sum[k], 1));
        total += (_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1)) << (8 * k);
    }
    return total;
}

INLINE int64_t sum_kept(const problem *p, const uint8_t *bytes, const int8_t *row)
{
    switch (p->depth) {   /* constants, so that sums stay in registers */
        case 1: return sum_planes(p, bytes, row, 1);
        case 2: return sum_planes(p, bytes, row, 2);
        case 3: return sum_planes(p, bytes, row, 3);
        default: return sum_planes(p, bytes, row, 4);
    }
}

/* Sum of B over the patterns with xi = +1 of neuron i */
INLINE int64_t sum_row(const problem *p, const memory *now, const int16_t *X, int64_t i)
{
    const int8_t *row = p->rows + i * p->stride;
    int64_t sum = sum_kept(p, now->bytes, row);
    for (int64_t n = 0; n < now->count; n++)
        if (row[now->listed[n]] > 0)
            sum += p->beyond[at(p, X[now->listed[n]])];
    return p->unit * sum + p->shares[i];
}

/* 16 overlaps change by `change` times their entries of the row; their values, the smallest of which goes to `least` */
INLINE void turn(const problem *p, int16_t *X, const int8_t *row, __m256i change, int32_t *value, __m256i *least)
{
    const __m256i signs = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)row)), x = _mm256_add_epi16(load(X), _mm256_mullo_epi16(signs, change));
    const __m256i u = _mm256_srli_epi16(_mm256_add_epi16(x, _mm256_set1_epi16((short)p->N)), 1);
    _mm256_storeu_si256((__m256i *)X, x);
    for (int half = 0; half < 2; half++) {
        const __m128i part = half ? _mm256_extracti128_si256(u, 1) : _mm256_castsi256_si128(u);
        const __m256i found = _mm256_i32gather_epi32(p->entries, _mm256_cvtepu16_epi32(part), 4);
        *least = _mm256_min_epi32(*least, found);
        _mm256_storeu_si256((__m256i *)(value + 8 * half), found);
    }
}

/* Byte k of 32 values */
INLINE __m256i plane(const int32_t *value, int64_t k)
{
    const __m128i shift = _mm_cvtsi64_si128(8 * k);
    __m256i v[4];
    for (int n = 0; n < 4; n++)
        v[n] = _mm256_and_si256(_mm256_srl_epi32(load(value + 8 * n), shift), _mm256_set1_epi32(255));
    const __m256i packed = _mm256_packus_epi16(_mm256_packus_epi32(v[0], v[1]), _mm256_packus_epi32(v[2], v[3]));   /* halves interleaved */
    return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* Overlaps change by what spin i, now s, brings (s = 0: nothing), and values are kept anew; the sum of all of them */
INLINE int64_t renew(const problem *p, memory *now, int16_t *X, int64_t i, int s)
{
    const int8_t *row = p->rows + i * p->stride;   /* zero beyond S, where X stays and is no pattern's */
    const __m256i change = _mm256_set1_epi16((short)(2 * s));
    int64_t all = 0;
    now->count = 0;
    for (int64_t first = 0; first < 64 * p->words; first += 64) {
        int32_t value[64];
        __m256i least = _mm256_setzero_si256();
        for (int n = 0; n < 64; n += 16)
            turn(p, X + first + n, row + first + n, change, value + n, &least);
        if (first + 64 > p->S)
            for (int64_t mu = p->S - first; mu < 64; mu++)
                value[mu] = 0;
        if (!_mm256_testz_si256(least, least))
            for (int64_t mu = 0; mu < 64; mu++)
                if (value[mu] < 0) {
                    now->listed[now->count++] = first + mu;
                    all += p->beyond[at(p, X[first + mu])];
                    value[mu] = 0;
                }
        for (int64_t k = 0; k < p->depth; k++)
            for (int half = 0; half < 2; half++)
                _mm256_storeu_si256((__m256i *)(now->bytes + p->depth * first + 64 * k + 32 * half), plane(value + 32 * half, k));
    }
    return all + sum_kept(p, now->bytes, 0);
}

/* Both sums of D after a change: `field` is that of a spin s in the row i */
INLINE void share(const problem *p, memory *now, const int16_t *X, int64_t i, int s, int64_t field, int64_t all)
{
    now->sums[s > 0] = sum_row(p, now, X, i) - field;
    now->sums[s <= 0] = p->unit * all + p->offset * p->S - now->sums[s > 0];
}

INLINE void keep(const problem *p, memory *now, int16_t *X, int s)
{
    int64_t field = 0;   /* of neuron 0 */
    for (int64_t mu = 0; mu < p->S; mu++)
        field += p->rows[mu] > 0 ? p->fields[at(p, X[mu]) - (s > 0)] : -p->fields[at(p, X[mu]) - (s < 0)];
    share(p, now, X, 0, s, field, renew(p, now, X, 0, 0));
}

/* As the kernels of native.c; `recent` and `found` are not used */
NARROW void hebbnet_avx2(const problem *p, int64_t chains, int64_t sweeps, int8_t *spins, int16_t *overlaps, const double *limits,
                         const int64_t *sites, int rule, int8_t *next, int64_t *flips, int64_t *recent, const past *found, uint8_t *bytes,
                         int64_t *listed, const record *seen)
{
    const int64_t N = p->N;
    for (int64_t c = 0; c < chains; c++) {
        int8_t *s = spins + c * N;
        int16_t *X = overlaps + c * 64 * p->words;
        memory now = {bytes, listed, 0, {0, 0}, 1, 0};
        keep(p, &now, X, s[0]);
        for (int64_t sweep = 0; sweep < sweeps; sweep++) {
            const double *limit = limits + (c * sweeps + sweep) * N;
            const int64_t *site = sites ? sites + (c * sweeps + sweep) * N : 0;
            if (next)
                for (int64_t i = 0; i < N; i++)
                    next[i] = decide(rule, (sum_row(p, &now, X, i) - now.sums[s[i] > 0]) * p->denominator, s[i], limit[i]);
            for (int64_t a = 0; a < N; a++) {
                const int64_t i = site ? site[a] : a;
                if (next && next[i] == s[i])
                    continue;
                const int64_t h = sum_row(p, &now, X, i) - now.sums[s[i] > 0];   /* without s[i] in it, whatever the others have become */
                const int8_t to = next ? next[i] : decide(rule, h * p->denominator, s[i], limit[a]);
                if (to != s[i]) {
                    s[i] = to;
                    flips[c]++;
                    share(p, &now, X, i, to, h, renew(p, &now, X, i, to));
                }
            }
            if (seen)
                see(seen, p, c, sweep + 1, s, X, sizeof *X);
        }
    }
    (void)recent, (void)found;
}

#else

int hebbnet_avx2_layout(void) { return 0; }
void hebbnet_avx2(void) {}

#endif
