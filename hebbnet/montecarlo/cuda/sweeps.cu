/* Kernels of the CUDA engine: chains of Monte Carlo, one thread block per chain.

The same decisions as numba_engine.py, spin for spin: a local field, exact as an integer, against a threshold drawn from Philox counters.
Integers may be added up in any order, so that threads sum their share and the block reduces; sums of float64 that are not integers (the
"ordered" forms) are added in pattern order, as every engine does.  Compile without fused multiply-add: thresholds must have the CPU's bits.

Given by the compile options (cupy_engine.py), beside the constants of streams.py and problem.py:
    FORM      INT32 ... PAIRS below: the kernel of montecarlo/forms.py
    THREADS   of a block, a power of two from 32 to 1024
    ITEMS     patterns per thread whose fields are kept in registers; 0: fields come from the overlaps at every attempt
    NARROW    whether the sum of a warp fits in 32 bits (with ITEMS, where that of a thread does)
    SHARED    whether overlaps stay in shared memory during a launch
    P, NB, ODD, ROW, STATE, SUMS_ORDERED: order, number of coefficients of the polynomial and its parity, types of rows and overlaps,
    whether energies are sums of float64

The source is C as well as CUDA C++: tests/cuda_twin.h runs it on the CPU.  All arguments of kernels are pointers or 64-bit integers.
*/
#define INT32 0            /* +-1 rows, packed 32 to a word: polynomial in 32-bit integers */
#define FLOAT64 1          /* the same in float64, every intermediate result an integer below 2**53 */
#define TABLE 2            /* the same with any law, from a table of 64-bit integers */
#define TABLE_ORDERED 3    /* or of float64, added in pattern order */
#define PRODUCTS 4         /* rows of integers with E_1, ..., E_P of each, in STATE double or u64 */
#define ORDERED 5          /* the same, E_k in 64 bits, terms added as float64 in pattern order */
#define ROUNDED 6          /* everything in float64, E_k made anew from the spins before each sweep */
#define PAIRS 7            /* rows without their zeros, P = 2 */
#define LOG_SUM 8          /* +-1 rows and the logarithm of a sum of exponentials, from the numbers of rows with each overlap and sign */

#define SIGNS (FORM <= TABLE_ORDERED || FORM == LOG_SUM)
#define STAGED (FORM == TABLE_ORDERED || FORM == ORDERED || FORM == ROUNDED)
#define SYMMETRIC (FORM == PRODUCTS || FORM == ORDERED || FORM == ROUNDED)
#define WORDS ((ITEMS + 31) / 32)
#define AHEAD 256          /* attempts whose random numbers are drawn at a time */

#if SUMS_ORDERED
typedef double energy;
#else
typedef i64 energy;
#endif
#if FORM == INT32
typedef int coefficient;
#elif FORM == FLOAT64 || FORM == TABLE_ORDERED || FORM == LOG_SUM
typedef double coefficient;   /* LOG_SUM: exp(-2 lam k) for k = 0 ... N, then lam and the unit of a field */
#else
typedef i64 coefficient;   /* the table, or sums of squares */
#endif

/* Words of the test of streams.philox, thresholds of problem.thresholds and sites of streams.attempts. */
KERNEL numbers(const u32 *key, i64 sweep, i64 chain, i64 sample, i64 draw, const double *unit, i64 N, double *limits, i64 *sites, u32 *words)
{
    const i64 a = blockIdx.x * (i64)THREADS + threadIdx.x;
    if (a < N) {
        u32 c[4] = {STREAM_SWEEP | (u32)a, (u32)sweep, (u32)chain, (u32)sample};
        philox(c, key[0], key[1]);
        limits[a] = threshold(odd_number(c[0], c[1]), (int)draw, unit[0]);
        sites[a] = (i64)((c[3] * (u64)N + (c[2] * (u64)N >> 32)) >> 32);
        for (int k = 0; k < 4; k++)
            words[4 * a + k] = c[k];
    }
}

/* ---- sums over the block --------------------------------------------------------------------------------------------------------- */

/* What the threads of a block share about their chain.  turn: 0 and 1 alternately, between two places for partial sums, so that one
   barrier per sum is enough. */
typedef struct {
    const ROW *rows;
    const u32 *bits;
    const i64 *start;
    const u32 *column;
    const coefficient *law;
    STATE *X;
    i64 *partial;
    double *stage;
    int *counts;
    int N, S, words, turn;
} Chain;

static INLINE i64 warp_total(i64 x)
{
    for (int step = 16; step; step >>= 1)
        x += __shfl_xor_sync(~0u, x, step);
    return x;
}

/* The same for a sum that fits in 32 bits. */
static INLINE int narrow_total(int x)
{
#if __CUDA_ARCH__ >= 800
    return __reduce_add_sync(~0u, x);
#else
    return (int)warp_total(x);
#endif
}

/* The same of integers |x| < 2**42, in two such sums. */
static INLINE i64 medium_total(i64 x)
{
    return ((i64)narrow_total((int)(x >> 16)) << 16) + narrow_total((int)(x & 0xFFFF));
}

enum { WIDE, MEDIUM, SMALL };   /* integers: any; of 32 bits; of which a warp has 32 bits together */

/* The sum of the integers x of all threads, known to each of them. */
static INLINE i64 block_total(Chain *chain, i64 x, int kind)
{
    x = kind == SMALL ? narrow_total((int)x) : kind == MEDIUM ? medium_total(x) : warp_total(x);
    if (THREADS == 32)
        return x;
    i64 *partial = chain->partial + 32 * (chain->turn ^= 1);
    if (threadIdx.x % 32 == 0)
        partial[threadIdx.x / 32] = x;
    __syncthreads();
    x = threadIdx.x % 32 < THREADS / 32 ? partial[threadIdx.x % 32] : 0;
    return kind == WIDE ? warp_total(x) : medium_total(x);
}

/* total + the terms of the first `count` threads, one after another in their order. */
static INLINE double ordered_total(Chain *chain, double total, double term, int count)
{
    __syncthreads();
    chain->stage[threadIdx.x] = term;
    __syncthreads();
    for (int k = 0; k < count && k < THREADS; k++)
        total += chain->stage[k];
    return total;
}

/* ---- local fields ------------------------------------------------------------------------------------------------------------------ */

#if FORM == INT32
/* A polynomial, odd or even, of NB coefficients; right modulo 2**32, and where it is used it fits. */
static INLINE int polynomial(int x, const int *b, int odd)
{
    u32 z = (u32)x * (u32)x, p = (u32)b[NB - 1];
#pragma unroll
    for (int k = NB - 2; k >= 0; k--)
        p = p * z + (u32)b[k];
    return (int)(odd ? (u32)x * p : p);
}

/* D(c) of forms.py, the slope of the law at the count c of the other neurons. */
static INLINE int slope(int c, const int *b) { return polynomial(c, b, ODD); }
#elif FORM == FLOAT64
static INLINE double slope(int c, const double *b)
{
    double x = c, z = x * x, p = b[NB - 1];
#pragma unroll
    for (int k = NB - 2; k >= 0; k--)
        p = p * z + b[k];
    return ODD ? x * p : p;
}
#endif

#if ITEMS
/* With B(X) = [D(X+1) + D(X-1)] / 2 and A(X) = [D(X+1) - D(X-1)] / 2, D(X - s xi) = B - s xi A: an attempt adds up signs times B and
   only a flip looks at the overlaps.  The thread's own B, their sum, and the sum of its A.  b: coefficients of D, of B and of A. */
typedef struct {
    int B[ITEMS], sum, A;
} Fields;

/* Make them from the overlaps, after these have changed by `change` signs. */
static INLINE void refresh(const Chain *chain, Fields *own, const int *b, const u32 *word, int change)
{
    own->sum = own->A = 0;
#pragma unroll
    for (int j = 0; j < ITEMS; j++) {
        int mu = j * THREADS + threadIdx.x;
        own->B[j] = 0;
        if (j < ITEMS - 1 || mu < chain->S) {   /* all but the last of a thread are patterns */
            int x = chain->X[mu];
            if (change) {
                x += word[j / 32] >> j % 32 & 1 ? change : -change;
                chain->X[mu] = (STATE)x;
            }
            own->B[j] = polynomial(x, b + NB, ODD);
            own->sum += own->B[j];
            own->A += polynomial(x, b + 2 * NB, !ODD);
        }
    }
}

static INLINE double cached_field(Chain *chain, const Fields *own, const u32 *word, int s)
{
    int plus = 0;
#pragma unroll
    for (int j = 0; j < ITEMS; j++)
        if (word[j / 32] >> j % 32 & 1)
            plus += own->B[j];
    return (double)block_total(chain, 2 * plus - own->sum - s * own->A, NARROW ? SMALL : MEDIUM);
}
#endif

#if FORM == LOG_SUM
/* ln sum_k n[k] exp(lam (k - top)) over even k up to top, largest term first and shifted out; -inf without any. */
static INLINE double log_of_counts(const int *n, int top, const double *law, double lam)
{
    int first = top;
    while (first >= 0 && n[first] == 0)
        first -= 2;
    if (first < 0)
        return __longlong_as_double(MINUS_INFINITY);
    double total = 0.0;
    for (int k = first; k >= 0; k -= 2)
        if (n[k] > 0)
            total += n[k] * law[(first - k) / 2];
    return log(total) + lam * (first - top);
}

/* ln(exp(a) + exp(b)); one of them may be -inf. */
static INLINE double log_add(double a, double b)
{
    return a < b ? b + log1p(exp(a - b)) : a + log1p(exp(b - a));
}

static INLINE void clear_counts(const Chain *chain)
{
    __syncthreads();
    for (int k = threadIdx.x; k < 2 * chain->N + 2; k += THREADS)
        chain->counts[k] = 0;
    __syncthreads();
}
#endif

/* h_i times the denominator; s: the spin. */
static INLINE double local_field(Chain *chain, int i, int s, const coefficient *b)
{
    const int t = threadIdx.x, S = chain->S;
#if SIGNS
    const u32 *row = chain->bits + (i64)i * chain->words * THREADS + t;
    i64 whole = 0;
    double sum = 0.0;
#if FORM == LOG_SUM
    clear_counts(chain);
#endif
    for (int w = 0; w < chain->words; w++) {
        u32 word = row[w * THREADS];
        int part = 0, base = 32 * w * THREADS;
        for (int j = 0; j < 32 && base + j * THREADS < S; j++) {
            int mu = base + j * THREADS + t, xi = (int)(word >> j & 1) * 2 - 1;
#if FORM == TABLE_ORDERED
            double term = mu < S ? xi * chain->law[(chain->X[mu] - s * xi + chain->N - 1) >> 1] : 0.0;
            sum = ordered_total(chain, sum, term, S - (mu - t));
#else
            if (mu < S) {
                int c = chain->X[mu] - s * xi;
#if FORM == INT32
                part += xi * slope(c, b);
#elif FORM == FLOAT64
                sum += xi * slope(c, b);
#elif FORM == LOG_SUM
                atomicAdd(chain->counts + c + s * xi + chain->N + (xi > 0), 1);
#else
                whole += xi * chain->law[(c + chain->N - 1) >> 1];
#endif
            }
#endif
        }
        whole += part;   /* 32 patterns at a time fit in 32 bits: cupy_engine.plan */
    }
#if FORM == LOG_SUM
    __syncthreads();
    const int *n = chain->counts;
    const double lam = chain->law[chain->N + 1], unit = chain->law[chain->N + 2];
    int top = 2 * chain->N + 1;
    while (n[top] == 0)
        top--;
    top -= top & 1;
    double up = log_of_counts(n + 1, top, chain->law, lam), down = log_of_counts(n, top, chain->law, lam);
    return unit * s * (log_add(up, down) - log_add(up - 2 * lam * s, down + 2 * lam * s)) / 2;
#endif
    return FORM == TABLE_ORDERED ? sum : (double)block_total(chain, whole + (i64)sum, WIDE);
#elif SYMMETRIC
    STATE total = 0;
    double sum = 0.0;
    for (int first = 0; first < S; first += THREADS) {
        int mu = first + t;
        STATE term = 0;
        if (mu < S) {
            STATE W = (STATE)(i64)chain->rows[(i64)i * S + mu], x = W * (STATE)(i64)s, D = 1;
#pragma unroll
            for (int k = 0; k < P - 1; k++)
                D = chain->X[(i64)k * S + mu] - x * D;
            term = W * D;
        }
        if (FORM == PRODUCTS)
            total += term;
        else
            sum = ordered_total(chain, sum, FORM == ORDERED ? (double)(i64)term : (double)term, S - first);
    }
    return FORM == PRODUCTS ? (double)block_total(chain, (i64)total, WIDE) : sum;
#else
    i64 total = t == 0 ? -s * chain->law[i] : 0;
    for (i64 k = chain->start[i] + t; k < chain->start[i + 1]; k += THREADS)
        total += chain->rows[k] * (i64)chain->X[chain->column[k]];
    return (double)block_total(chain, total, WIDE);
#endif
}

/* Bring the overlaps up to date after spin i has become s. */
static INLINE void turn(const Chain *chain, int i, int s)
{
    const int t = threadIdx.x, S = chain->S;
#if SIGNS
    const u32 *row = chain->bits + (i64)i * chain->words * THREADS + t;
    for (int w = 0; w < chain->words; w++) {
        u32 word = row[w * THREADS];
        int base = 32 * w * THREADS;
        for (int j = 0; j < 32 && base + j * THREADS < S; j++) {
            int mu = base + j * THREADS + t;
            if (mu < S)
                chain->X[mu] += (word >> j & 1 ? 2 : -2) * s;
        }
    }
#elif SYMMETRIC
    for (int mu = t; mu < S; mu += THREADS) {
        STATE x = (STATE)(i64)(-s * (int)chain->rows[(i64)i * S + mu]), D = 1, *E = chain->X + mu;   /* before the flip */
#pragma unroll
        for (int k = 0; k < P - 1; k++) {
            STATE higher = E[(i64)k * S] - x * D;
            E[(i64)k * S] = higher - x * D;
            D = higher;
        }
        E[(i64)(P - 1) * S] -= 2 * x * D;
    }
#else
    for (i64 k = chain->start[i] + t; k < chain->start[i + 1]; k += THREADS)
        chain->X[chain->column[k]] += 2 * s * (i64)chain->rows[k];
#endif
}

#if FORM == ROUNDED
/* E_1, ..., E_P of every row with these spins. */
static INLINE void renew(const Chain *chain, const signed char *spins)
{
    const int S = chain->S;
    for (int mu = threadIdx.x; mu < S; mu += THREADS) {
        STATE E[P] = {0};
        for (int i = 0; i < chain->N; i++) {
            STATE x = (STATE)chain->rows[(i64)i * S + mu] * spins[i];
#pragma unroll
            for (int k = P - 1; k > 0; k--)
                E[k] += x * E[k - 1];
            E[0] += x;
        }
        for (int k = 0; k < P; k++)
            chain->X[(i64)k * S + mu] = E[k];
    }
}
#endif

/* ---- sweeps ---------------------------------------------------------------------------------------------------------------------------- */

/* Advance chain blockIdx.x by `sweeps` sweeps of N attempted flips, in place.

   rows: bits (samples, N, words, THREADS), bit j of word w of thread t being pattern (32 w + j) THREADS + t; or ROW (samples, N, S); or the
   entries of sparse rows, with start (samples, N + 1) and column.  law: coefficients or table, or the sums of squares (samples, N).
   Of each chain: spins (N), X (size), next (N) scratch for parallel dynamics; place (5) = key, chain, sample, which of the samples; unit,
   draw: how thresholds are drawn; flips += what was flipped. */
KERNEL sweeps(const void *rows, const i64 *start, const u32 *column, const coefficient *law, signed char *all_spins, STATE *all_X,
                     signed char *all_next, const u32 *all_places, const double *units, const i64 *draws, i64 *flips, i64 N, i64 S, i64 words,
                     i64 size, i64 first, i64 sweeps, i64 rule, i64 random, i64 parallel)
{
    extern SHARED_MEMORY i64 memory[];
    const int t = threadIdx.x, c = blockIdx.x, draw = (int)draws[c];
    const u32 *place = all_places + 5 * (i64)c;
    const i64 which = place[4];
    const double unit = units[c];
    signed char *spins = all_spins + c * N, *next = all_next + c * N;
    i64 *partial = memory, *after = memory + 64;
    double *limits = (double *)after;
    int *sites = (int *)(limits + AHEAD);
    double *stage = (double *)(sites + AHEAD);
    int *counts = (int *)(stage + (STAGED ? THREADS : 0));
    STATE *kept = (STATE *)(counts + (FORM == LOG_SUM ? 2 * N + 2 : 0)), *X = all_X + c * size;
    const ROW *own_rows = (const ROW *)rows + (SYMMETRIC ? which * N * S : 0);
    Chain chain = {own_rows, (const u32 *)rows + (SIGNS ? which * N * words * THREADS : 0), start + which * (N + 1), column,
                   law + (FORM == PAIRS ? which * N : 0), SHARED ? kept : X, partial, stage, counts, (int)N, (int)S, (int)words, 0};
#if FORM == INT32 || FORM == FLOAT64
    coefficient b[ITEMS ? 3 * NB : NB];
#pragma unroll
    for (int k = 0; k < (ITEMS ? 3 * NB : NB); k++)
        b[k] = law[k];
#else
    const coefficient *b = law;
#endif
#if SHARED
    for (i64 k = t; k < size; k += THREADS)
        kept[k] = X[k];
    __syncthreads();
#endif
#if ITEMS
    Fields own;
    u32 word[WORDS] = {0}, ahead[WORDS];
    refresh(&chain, &own, b, word, 0);
#endif
    i64 made = 0;
    for (i64 sweep = first; sweep < first + sweeps; sweep++) {
#if FORM == ROUNDED
        renew(&chain, spins);   /* each thread reads what it wrote */
#endif
        for (i64 begin = 0; begin < N; begin += AHEAD) {
            int count = (int)(N - begin < AHEAD ? N - begin : AHEAD);
            __syncthreads();
            for (int a = t; a < count; a += THREADS) {
                u32 w[4] = {STREAM_SWEEP | (u32)(begin + a), (u32)sweep, place[2], place[3]};
                philox(w, place[0], place[1]);
                limits[a] = threshold(odd_number(w[0], w[1]), draw, unit);
                sites[a] = random ? (int)((w[3] * (u64)N + (w[2] * (u64)N >> 32)) >> 32) : (int)begin + a;
            }
            __syncthreads();
#if ITEMS
            for (int w = 0; w < WORDS; w++)
                ahead[w] = chain.bits[((i64)sites[0] * words + w) * THREADS + t];
#endif
            for (int a = 0; a < count; a++) {
                int i = sites[a], s = spins[i];
#if ITEMS
                i64 after_this = sites[a + 1 < count ? a + 1 : a];   /* its row is on the way while this one is added up */
                for (int w = 0; w < WORDS; w++) {
                    word[w] = ahead[w];
                    ahead[w] = chain.bits[(after_this * words + w) * THREADS + t];
                }
                double h = cached_field(&chain, &own, word, s);
#else
                double h = local_field(&chain, i, s, b);
#endif
                int d = decide((int)rule, h, s, limits[a]);
                if (parallel) {
                    if (t == 0)
                        next[i] = (signed char)d;
                } else if (d != s) {   /* the same for all threads, and all have read the spin: they have met in the sum of the field */
                    if (t == 0)
                        spins[i] = (signed char)d;
#if ITEMS
                    refresh(&chain, &own, b, word, 2 * d);
#else
                    turn(&chain, i, d);
#endif
                    made++;
                    __syncthreads();
                }
            }
        }
        if (parallel) {
            __syncthreads();
            for (int i = 0; i < N; i++)
                if (next[i] != spins[i]) {
                    turn(&chain, i, next[i]);
                    made++;
                    if (FORM == PAIRS)
                        __syncthreads();   /* the entries of a neuron fall to other threads than those of the next one */
                }
            __syncthreads();
            for (i64 i = t; i < N; i += THREADS)
                spins[i] = next[i];
#if ITEMS
            refresh(&chain, &own, b, word, 0);
#endif
            __syncthreads();
        }
    }
#if SHARED
    __syncthreads();
    for (i64 k = t; k < size; k += THREADS)
        X[k] = kept[k];
#endif
    if (t == 0)
        flips[c] += made;
}

/* ---- energies ---------------------------------------------------------------------------------------------------------------------------- */

/* sums[blockIdx.x] = sum_mu law(X_mu) of the chain, from the table of the law; E_P of its rows; or half of X_mu**2 of sparse ones, less a
   constant of each chain in the table.  In float64 (SUMS_ORDERED) added in pattern order.  LOG_SUM: ln sum_mu exp(lam X_mu). */
KERNEL energies(const STATE *all_X, const void *table, i64 N, i64 S, i64 size, energy *sums)
{
    extern SHARED_MEMORY i64 memory[];
    const int t = threadIdx.x;
    Chain chain = {0};
    chain.partial = memory, chain.stage = (double *)(memory + 64);
    const STATE *X = all_X + blockIdx.x * size + (SYMMETRIC ? (P - 1) * S : 0);
#if FORM == LOG_SUM
    const double *law = (const double *)table;
    chain.N = (int)N, chain.counts = (int *)(memory + 64);
    clear_counts(&chain);
    for (i64 mu = t; mu < S; mu += THREADS)
        atomicAdd(chain.counts + X[mu] + N, 1);
    __syncthreads();
    int top = 2 * (int)N;
    while (chain.counts[top] == 0)
        top--;
    if (t == 0)
        sums[blockIdx.x] = log_of_counts(chain.counts, top, law, law[N + 1]) + law[N + 1] * (top - N);
#else
    i64 whole = 0;
    double total = 0.0;
    for (i64 first = 0; first < S; first += THREADS) {
        const i64 mu = first + t;
#if SUMS_ORDERED
        double term = 0.0;
        if (mu < S) {
#if SIGNS
            term = ((const double *)table)[((i64)X[mu] + N) >> 1];
#elif SYMMETRIC
            term = FORM == ROUNDED ? (double)X[mu] : (double)(i64)X[mu];
#else
            term = (double)X[mu] * (double)X[mu];
#endif
        }
        total = ordered_total(&chain, total, term, (int)(S - first < THREADS ? S - first : THREADS));
#else
        if (mu < S) {
#if SIGNS
            whole += ((const i64 *)table)[((i64)X[mu] + N) >> 1];
#elif SYMMETRIC
            whole += (i64)X[mu];
#else
            whole += (i64)X[mu] * (i64)X[mu];
#endif
        }
#endif
    }
#if SUMS_ORDERED
    energy sum = FORM == PAIRS ? floor((total - ((const energy *)table)[blockIdx.x]) / 2) : total;
#else
    energy sum = block_total(&chain, whole, WIDE);
    if (FORM == PAIRS)
        sum = (sum - ((const energy *)table)[blockIdx.x]) / 2;   /* even */
#endif
    if (t == 0)
        sums[blockIdx.x] = sum;
#endif
}

/* ---- parallel tempering: twin of tempering.Ladder.swap ------------------------------------------------------------------------------------ */

/* Try to exchange a pair of neighboring temperatures in swap `number`: block = replica and pair, every other one of the L - 1.  gain, loss
   (L - 1): the exchange is accepted where gain (difference of sums) >= loss ln u.  Of each replica: sums and walker (L), swaps and tried (L - 1). */
KERNEL exchange(signed char *all_spins, STATE *all_X, energy *all_sums, i64 *all_walkers, i64 *swaps, i64 *tried, const double *gain,
                const double *loss, const u32 *key, i64 sample, i64 number, i64 L, i64 N, i64 size)
{
    const i64 first = number % 2, pairs = (L - first) / 2, replica = blockIdx.x / pairs, k = first + 2 * (blockIdx.x % pairs), cold = replica * L + k;
    signed char *spins = all_spins + cold * N;
    STATE *X = all_X + cold * size;
    u32 w[4] = {STREAM_SWAP | (u32)k, (u32)number, (u32)replica, (u32)sample};
    philox(w, key[0], key[1]);
    energy *sums = all_sums + cold, difference = sums[1] - sums[0];
    int accepted = gain[k] * (double)difference >= -loss[k] * (logarithm(WHOLE) - logarithm(odd_number(w[0], w[1])));
    __syncthreads();   /* all have read the sums */
    if (threadIdx.x == 0) {
        tried[replica * (L - 1) + k]++;
        if (accepted) {
            i64 *walker = all_walkers + cold, who = walker[0];
            walker[0] = walker[1], walker[1] = who;
            energy sum = sums[0];
            sums[0] = sums[1], sums[1] = sum;
            swaps[replica * (L - 1) + k]++;
        }
    }
    if (accepted) {
        for (i64 i = threadIdx.x; i < N; i += THREADS) {
            signed char s = spins[i];
            spins[i] = spins[N + i], spins[N + i] = s;
        }
        for (i64 j = threadIdx.x; j < size; j += THREADS) {
            STATE x = X[j];
            X[j] = X[size + j], X[size + j] = x;
        }
    }
}

/* Where the walkers of each replica go, and the round trips they have made: tempering.follow. */
KERNEL follow(const i64 *all_walkers, i64 *all_headings, i64 *all_trips, i64 replicas, i64 L, i64 up, i64 down)
{
    const i64 replica = blockIdx.x * (i64)THREADS + threadIdx.x;
    if (replica < replicas) {
        i64 *heading = all_headings + replica * L, *trips = all_trips + replica * L;
        const i64 bottom = all_walkers[replica * L], top = all_walkers[replica * L + L - 1];
        trips[bottom] += heading[bottom] == down;
        heading[bottom] = up;
        if (heading[top] == up)
            heading[top] = down;
    }
}
