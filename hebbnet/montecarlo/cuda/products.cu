/* Parallel (Little) dynamics of all chains of a sample as products of matrices of bytes on tensor cores.  Rows of signs, laws of exact integers.

With D of forms.py, times the denominator, and the overlap X of a pattern, D(X - s xi) is one half of B - s xi A, where

    B = D(X+1) + D(X-1),    A = D(X+1) - D(X-1),        2 h_i = sum_mu xi_mu,i B_mu - s_i sum_mu A_mu.

B is PLANES digits to the base 256, each from -128 to 127: a matrix of bytes per digit, whose products with signs have exact sums in 32 bits.
A sweep is three launches:

    overlaps   X = s xi^T; from them the digits of B, and sums of A
    fields     products of the digits with the rows, shifted and added up in 64 bits, in any order
    choose     thresholds and decisions, of all neurons at once

Given by the compile options, beside the constants of common.cu, which stands before this file: THREADS (256), PLANES, STATE (type of overlaps).
*/
#define HEIGHT 64             /* chains (times digits) of a block's part of the product */
#define WIDTH 128             /* its patterns or neurons */
#define DEPTH 64              /* bytes that are multiplied between two barriers */
#define PITCH (DEPTH + 16)    /* of rows of bytes in shared memory: neighbors lie in other banks */
#define STAGE ((HEIGHT + WIDTH) * PITCH)
#define SHARE ((HEIGHT + WIDTH) * DEPTH / 16 / THREADS)   /* of 16 bytes each, that a thread brings there */

#if PLANES > 4
typedef i64 integer;   /* holds B and A */
#else
typedef int integer;
#endif

#ifdef __CUDACC__
/* Pieces of 16 x 16 of matrices, spread over the threads of a warp as the hardware wants. */
typedef struct { u32 x[2]; } Left, Right;
typedef struct { int x[8]; } Tile;

static INLINE void load_left(Left *f, const signed char *p, int pitch)
{
    asm volatile("wmma.load.a.sync.aligned.row.m16n16k16.s8 {%0, %1}, [%2], %3;" : "=r"(f->x[0]), "=r"(f->x[1]) : "l"(p), "r"(pitch) : "memory");
}

/* The transpose of what stands in memory. */
static INLINE void load_right(Right *f, const signed char *p, int pitch)
{
    asm volatile("wmma.load.b.sync.aligned.col.m16n16k16.s8 {%0, %1}, [%2], %3;" : "=r"(f->x[0]), "=r"(f->x[1]) : "l"(p), "r"(pitch) : "memory");
}

/* d += a b */
static INLINE void multiply(Tile *d, const Left *a, const Right *b)
{
    asm volatile("wmma.mma.sync.aligned.row.col.m16n16k16.s32.s8.s8.s32 {%0, %1, %2, %3, %4, %5, %6, %7}, {%8, %9}, {%10, %11}, "
                 "{%0, %1, %2, %3, %4, %5, %6, %7};"
                 : "+r"(d->x[0]), "+r"(d->x[1]), "+r"(d->x[2]), "+r"(d->x[3]), "+r"(d->x[4]), "+r"(d->x[5]), "+r"(d->x[6]), "+r"(d->x[7])
                 : "r"(a->x[0]), "r"(a->x[1]), "r"(b->x[0]), "r"(b->x[1]));
}

static INLINE void store(int *p, const Tile *d)
{
    asm volatile("wmma.store.d.sync.aligned.row.m16n16k16.s32 [%0], {%1, %2, %3, %4, %5, %6, %7, %8}, 16;"
                 :: "l"(p), "r"(d->x[0]), "r"(d->x[1]), "r"(d->x[2]), "r"(d->x[3]), "r"(d->x[4]), "r"(d->x[5]), "r"(d->x[6]), "r"(d->x[7]) : "memory");
}

static INLINE void add(i64 *sum, i64 x) { atomicAdd((u64 *)sum, (u64)x); }
#endif

/* A block of a product: of the rows of `left` with those of `right`, bytes from `first` to `last` of each, `pitch` apart.  rows, columns: how
   many there are; first, pitch and both addresses are multiples of 16.  Warp w has 32 rows from 32 (w % 2), 32 columns from 32 (w / 2). */
static INLINE void product(Tile sum[2][2], const signed char *left, i64 rows, const signed char *right, i64 columns, i64 pitch, i64 first, i64 last,
                           signed char *stage)
{
    const int t = threadIdx.x, warp = t / 32, top = warp % 2 * 32, side = HEIGHT + warp / 2 * 32;
    const int4 zero = {0, 0, 0, 0};
    int4 ahead[SHARE];
    for (int k = 0; k < 8; k++)
        sum[0][0].x[k] = sum[0][1].x[k] = sum[1][0].x[k] = sum[1][1].x[k] = 0;
    for (i64 begin = first - DEPTH; begin < last; begin += DEPTH) {   /* multiplies what the turn before has read, while the next bytes are on the way */
        __syncthreads();
#pragma unroll
        for (int k = 0; k < SHARE; k++) {
            const int place = k * THREADS + t, row = place / (DEPTH / 16), byte = place % (DEPTH / 16) * 16, beyond = row - HEIGHT;
            const signed char *from = beyond < 0 ? left + row * pitch : right + beyond * pitch;
            const int there = begin + DEPTH + byte < last && (beyond < 0 ? row < rows : beyond < columns);
            if (begin >= first)
                *(int4 *)(stage + row * PITCH + byte) = ahead[k];
            ahead[k] = there ? *(const int4 *)(from + begin + DEPTH + byte) : zero;
        }
        __syncthreads();
        if (begin < first)
            continue;
#pragma unroll
        for (int byte = 0; byte < DEPTH; byte += 16) {
            Left a[2];
            Right b[2];
            for (int k = 0; k < 2; k++) {
                load_left(a + k, stage + (top + 16 * k) * PITCH + byte, PITCH);
                load_right(b + k, stage + (side + 16 * k) * PITCH + byte, PITCH);
            }
            for (int k = 0; k < 4; k++)
                multiply(&sum[k / 2][k % 2], a + k / 2, b + k % 2);
        }
    }
}

/* spins (chains, pitch) and patterns (S, pitch), N bytes of each row and zeros.  law (N + 1, 2): B and A.  digits (PLANES, chains, across) of B,
   of which columns from S on stay zero; sums (chains) += A of all patterns.  keep: write X (chains, size) instead. */
KERNEL overlaps(const signed char *spins, const signed char *patterns, const integer *law, signed char *digits, STATE *all_X, i64 *sums, i64 chains,
                i64 N, i64 S, i64 pitch, i64 across, i64 size, i64 keep)
{
    extern SHARED_MEMORY i64 memory[];
    const i64 tiles = (S + WIDTH - 1) / WIDTH, chain0 = blockIdx.x / tiles * HEIGHT, mu0 = blockIdx.x % tiles * WIDTH;
    const int t = threadIdx.x, warp = t / 32, lane = t % 32;
    int *own = (int *)((signed char *)memory + STAGE) + 256 * warp;
    Tile sum[2][2];
    product(sum, spins + chain0 * pitch, chains - chain0, patterns + mu0 * pitch, S - mu0, pitch, 0, pitch, (signed char *)memory);
#pragma unroll
    for (int tile = 0; tile < 4; tile++) {
        store(own, &sum[tile / 2][tile % 2]);
        __syncwarp();
        /* half a row for each lane, of which lanes begin at other patterns, in other banks */
        const i64 chain = chain0 + warp % 2 * 32 + tile / 2 * 16 + lane / 2, mu = mu0 + warp / 2 * 32 + tile % 2 * 16 + lane % 2 * 8;
        i64 A = 0;
        u64 plane[PLANES] = {0};
        for (int j = 0; j < 8; j++) {
            int k = (j + lane / 4) % 8, X = own[8 * lane + k];
            if (chain >= chains || mu + k >= S)
                continue;
            if (keep) {
                all_X[chain * size + mu + k] = (STATE)X;
                continue;
            }
            const integer *both = law + (X + N);
            integer B = both[0];
            A += both[1];
#pragma unroll
            for (int p = 0; p < PLANES; p++) {
                signed char digit = (signed char)B;
                plane[p] |= (u64)(unsigned char)digit << 8 * k;
                B = (B - digit) >> 8;
            }
        }
        A += __shfl_xor_sync(~0u, A, 1);
        if (chain < chains && mu < S && !keep) {
#pragma unroll
            for (int p = 0; p < PLANES; p++)
                *(u64 *)(digits + (p * chains + chain) * across + mu) = plane[p];
            if (lane % 2 == 0)
                add(sums + chain, A);
        }
        __syncwarp();   /* before the next tile is stored */
    }
}

/* h (chains, N) += sum_mu xi B, from digits (PLANES chains, across) and rows (N, across), the patterns in `parts` parts of `length` each. */
KERNEL fields(const signed char *digits, const signed char *rows, i64 *h, i64 chains, i64 N, i64 across, i64 parts, i64 length)
{
    extern SHARED_MEMORY i64 memory[];
    const i64 tiles = (N + WIDTH - 1) / WIDTH, part = blockIdx.x % parts, tile0 = blockIdx.x / parts;
    const i64 row0 = tile0 / tiles * HEIGHT, i0 = tile0 % tiles * WIDTH, first = part * length, last = first + length < across ? first + length : across;
    const int t = threadIdx.x, warp = t / 32, lane = t % 32;
    int *own = (int *)((signed char *)memory + STAGE) + 256 * warp;
    Tile sum[2][2];
    product(sum, digits + row0 * across, PLANES * chains - row0, rows + i0 * across, N - i0, across, first, last, (signed char *)memory);
#pragma unroll
    for (int tile = 0; tile < 4; tile++) {
        store(own, &sum[tile / 2][tile % 2]);
        __syncwarp();
        for (int k = lane; k < 256; k += 32) {
            const i64 row = row0 + warp % 2 * 32 + tile / 2 * 16 + k / 16, i = i0 + warp / 2 * 32 + tile % 2 * 16 + k % 16;
            if (row < PLANES * chains && i < N)
                add(h + row % chains * N + i, own[k] * (1LL << 8 * (row / chains)));
        }
        __syncwarp();
    }
}

/* Decide about every spin (chains, pitch) from h (chains, N), which becomes zero, and sums (2, chains), of which sweep % 2 is meant and the other
   becomes zero.  places, units, draws, flips of each chain as in sweeps.cu. */
KERNEL choose(i64 *h, i64 *sums, signed char *spins, const u32 *all_places, const double *units, const i64 *draws, i64 *flips, i64 chains, i64 N,
              i64 pitch, i64 sweep)
{
    const i64 k = blockIdx.x * (i64)THREADS + threadIdx.x, c = k / N, i = k % N;
    if (c < chains) {
        const u32 *place = all_places + 5 * c;
        signed char *s = spins + c * pitch + i;
        u32 w[4] = {STREAM_SWEEP | (u32)i, (u32)sweep, place[2], place[3]};
        philox(w, place[0], place[1]);
        double field = (double)((h[k] - *s * sums[sweep % 2 * chains + c]) / 2);   /* even */
        int d = decide(FIELD_RULE, field, *s, threshold(odd_number(w[0], w[1]), (int)draws[c], units[c]));
        if (d != *s) {
            *s = (signed char)d;
            add(flips + c, 1);
        }
        h[k] = 0;
        if (i == 0)
            sums[(sweep + 1) % 2 * chains + c] = 0;
    }
}
