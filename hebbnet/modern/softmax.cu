/* Kernels of the streaming softmax on a GPU (device.py): sums over the rows x_mu of one more piece of the patterns, for each state,

    m = max_mu z_mu, z_mu = x_mu.state,    s = sum_mu w_mu, w_mu = e^(lam (z_mu - m)),    v = sum_mu w_mu x_mu.

one_pass and combine, for few states: each row is read from memory once.  weigh and stretch, for many: z becomes w between two matrix products, and the
second product is added.
NaN and infinity are kept, so that a bad entry shows in the result.  Sums are added up in an order that does not change.

Given by the compile options: REAL (float or double), EXP, MINUS_INFINITY (the bits), THREADS (256); for one_pass ROW (type of the patterns), N, VECTOR
(entries of a row that are read at once) and WORD (a type of their size), LANES (threads that share a row), LOADS (such reads of each), ROWS (rows that
are on the way together).
The source is C as well as CUDA C++: tests/cuda_twin.h runs it on the CPU.  All arguments are pointers or 64-bit integers; lam comes as its bits.
*/
#ifdef __CUDACC__
#define KERNEL extern "C" __global__ void __launch_bounds__(THREADS)
#define INLINE __device__ __forceinline__
#define SHARED_MEMORY __shared__
static INLINE REAL other_lane(REAL x, int step) { return __shfl_xor_sync(~0u, x, step); }
#endif
#define BOTTOM ((REAL)__longlong_as_double(MINUS_INFINITY))

typedef long long i64;

/* The larger one; y where one of them is NaN. */
static INLINE REAL larger(REAL x, REAL y) { return y <= x ? x : y; }

/* e^(lam (z - m)); 0 where there is no z yet. */
static INLINE REAL weight(REAL lam, REAL z, REAL m) { return z == BOTTOM ? 0 : EXP(lam * (z - m)); }

/* The largest x of the block, whose threads have not used the stage before. */
static INLINE REAL block_top(REAL x, double *stage)
{
    stage[threadIdx.x] = x;
    __syncthreads();
    for (int step = THREADS / 2; step; step /= 2) {
        if (threadIdx.x < step)
            stage[threadIdx.x] = larger((REAL)stage[threadIdx.x], (REAL)stage[threadIdx.x + step]);
        __syncthreads();
    }
    return (REAL)stage[0];
}

/* The sum of x over threads `apart` places from each other. */
static INLINE double block_sum(double x, double *stage, int apart)
{
    __syncthreads();
    stage[threadIdx.x] = x;
    __syncthreads();
    for (int step = THREADS / 2; step >= apart; step /= 2) {
        if (threadIdx.x < step)
            stage[threadIdx.x] += stage[threadIdx.x + step];
        __syncthreads();
    }
    return stage[threadIdx.x % apart];
}

#ifdef ROW
typedef union { WORD word; ROW x[VECTOR]; } Piece;

#define GROUPS (THREADS / LANES)   /* of threads of a block that share a row */
#define OWN (LOADS * VECTOR)       /* entries of a row that one of them has */

/* The sums over part blockIdx.x / states of the rows x (K, N) for state blockIdx.x % states: tops and totals (states, parts), sums (states, parts, N). */
KERNEL one_pass(const ROW *x, const REAL *all_states, i64 K, i64 lam_bits, i64 states, i64 parts, REAL *tops, REAL *totals, REAL *sums)
{
    extern SHARED_MEMORY i64 memory[];
    const i64 b = blockIdx.x % states, part = blockIdx.x / states, groups = parts * GROUPS;
    const int t = threadIdx.x, lane = t % LANES, group = t / LANES;
    const REAL lam = (REAL)__longlong_as_double(lam_bits);
    REAL state[OWN], v[OWN], top = BOTTOM, total = 0;
    for (int j = 0; j < OWN; j++) {
        int i = (j / VECTOR * LANES + lane) * VECTOR + j % VECTOR;
        state[j] = i < N ? all_states[b * N + i] : 0;
        v[j] = 0;
    }
    for (i64 begin = part * GROUPS; begin < K; begin += ROWS * groups) {   /* all threads together: they exchange numbers */
        Piece row[ROWS][LOADS];
        REAL z[ROWS], higher = top;
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
            for (int l = 0; l < LOADS; l++) {
                const i64 k = begin + group + r * groups;
                const int i = (l * LANES + lane) * VECTOR;
                if (k < K && i < N)
                    row[r][l].word = *(const WORD *)(x + k * N + i);
                else
                    for (int j = 0; j < VECTOR; j++)
                        row[r][l].x[j] = 0;
            }
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            z[r] = 0;
#pragma unroll
            for (int j = 0; j < OWN; j++)
                z[r] += state[j] * (REAL)row[r][j / VECTOR].x[j % VECTOR];
            for (int step = LANES / 2; step; step /= 2)
                z[r] += other_lane(z[r], step);
            if (begin + group + r * groups < K)
                higher = larger(higher, z[r]);
        }
        if (higher != top) {
            const REAL factor = weight(lam, top, higher);
            top = higher;
            total *= factor;
            for (int j = 0; j < OWN; j++)
                v[j] *= factor;
        }
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            const REAL w = begin + group + r * groups < K ? EXP(lam * (z[r] - top)) : 0;
            total += w;
#pragma unroll
            for (int j = 0; j < OWN; j++)
                v[j] += w * (REAL)row[r][j / VECTOR].x[j % VECTOR];
        }
    }
    /* of the block: groups of a warp by exchanges, warps one after another */
    const REAL highest = block_top(top, (double *)memory), factor = weight(lam, top, highest);
    REAL *block = (REAL *)memory;
    total *= factor;
    for (int step = LANES; step < 32; step *= 2)
        total += other_lane(total, step);
    for (int j = 0; j < OWN; j++) {
        v[j] *= factor;
        for (int step = LANES; step < 32; step *= 2)
            v[j] += other_lane(v[j], step);
    }
    for (int warp = 0; warp < THREADS / 32; warp++) {
        __syncthreads();
        if (t / 32 == warp && t % 32 < LANES) {
            for (int j = 0; j < OWN; j++) {
                int i = (j / VECTOR * LANES + lane) * VECTOR + j % VECTOR;
                if (i < N)
                    block[i] = (warp ? block[i] : 0) + v[j];
            }
            if (lane == 0)
                block[N] = (warp ? block[N] : 0) + total;
        }
    }
    __syncthreads();
    for (int i = t; i < N; i += THREADS)
        sums[(b * parts + part) * N + i] = block[i];
    if (t == 0) {
        tops[b * parts + part] = highest;
        totals[b * parts + part] = block[N];
    }
}

/* Add the parts to the running sums m and s (states), v (states, N), 32 columns of one state in each block; the new m and s go to `fresh` (2, states),
   since other blocks still read the old ones. */
KERNEL combine(const REAL *tops, const REAL *totals, const REAL *sums, i64 states, i64 parts, i64 lam_bits, const double *m, const double *s,
               double *v, double *fresh)
{
    extern SHARED_MEMORY i64 memory[];
    const i64 b = blockIdx.x % states, i = blockIdx.x / states * 32 + threadIdx.x % 32;
    const REAL lam = (REAL)__longlong_as_double(lam_bits), *top = tops + b * parts;
    REAL highest = (REAL)m[b];
    for (i64 p = threadIdx.x; p < parts; p += THREADS)
        highest = larger(highest, top[p]);
    highest = block_top(highest, (double *)memory);
    double total = 0.0, sum = 0.0;
    for (i64 p = threadIdx.x / 32; p < parts; p += THREADS / 32) {
        const REAL w = weight(lam, top[p], highest);
        total += (double)w * totals[b * parts + p];
        sum += i < N ? (double)w * sums[(b * parts + p) * N + i] : 0.0;
    }
    total = block_sum(total, (double *)memory, 32);
    sum = block_sum(sum, (double *)memory, 32);
    const REAL factor = weight(lam, (REAL)m[b], highest);
    if (threadIdx.x < 32 && i < N)
        v[b * N + i] = v[b * N + i] * factor + sum;
    if (threadIdx.x == 0 && i == 0) {
        fresh[b] = highest;
        fresh[states + b] = s[b] * factor + total;
    }
}

#else
/* z (states, R) of R more rows becomes w, a state in each block; m and s (states) advance, factor (states) is what v is to be multiplied by. */
KERNEL weigh(REAL *all_z, i64 R, i64 lam_bits, double *m, double *s, double *factor)
{
    extern SHARED_MEMORY i64 memory[];
    const i64 b = blockIdx.x;
    const REAL lam = (REAL)__longlong_as_double(lam_bits), before = (REAL)m[b];
    REAL *z = all_z + b * R, top = before;
    for (i64 k = threadIdx.x; k < R; k += THREADS)
        top = larger(top, z[k]);
    top = block_top(top, (double *)memory);
    double total = 0.0;
    for (i64 k = threadIdx.x; k < R; k += THREADS) {
        const REAL w = EXP(lam * (z[k] - top));
        z[k] = w;
        total += w;
    }
    total = block_sum(total, (double *)memory, 1);
    if (threadIdx.x == 0) {
        factor[b] = weight(lam, before, top);
        m[b] = top;
        s[b] = s[b] * factor[b] + total;
    }
}

/* v (states, N) = factor (states) v + part (states, N). */
KERNEL stretch(const REAL *part, const double *factor, double *v, i64 states, i64 N)
{
    const i64 k = blockIdx.x * (i64)THREADS + threadIdx.x;
    if (k < states * N)
        v[k] = v[k] * factor[k / N] + part[k];
}
#endif
