/* The CPU twin of a CUDA device: runs the kernels of the package, unchanged, as C.  Included before them.

Every thread of a block is a fiber.  A warp runs until all of its threads wait at the barrier of the block, then another one does; in a warp
a thread runs until it needs the others (a shuffle or a reduction).  Warps and threads are taken in the order that `twin_order` says, so that a
barrier that is missing shows as another result.  Threads that wait for each other in different places are an error, as they are on a device.
*/
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define KERNEL void
#define INLINE inline
#define SHARED_MEMORY
#define __CUDA_ARCH__ 900
#define MOST 1024
#define STACK 65536

enum { READY, IN_WARP, AT_BARRIER, DONE };

typedef struct { int x, y; } __attribute__((aligned(8))) int2;
typedef struct { int x, y, z, w; } __attribute__((aligned(16))) int4;
long long memory[1 << 16] __attribute__((aligned(32)));   /* shared memory of the block that runs */
static struct { unsigned x; } threadIdx, blockIdx;
static ucontext_t beginning, fiber[MOST];      /* to enter a stack; then jumps, which make no system call, go to and fro */
static jmp_buf scheduler, within[MOST];
static char *stacks;
static int waits[MOST], place[MOST], too_large, misplaced;
static long long lane[2][MOST];   /* what threads show their warp; alternately, since the fastest is at most one exchange ahead */

static void stop_until(int where)
{
    int t = threadIdx.x;
    waits[t] = where;
    if (!_setjmp(within[t]))
        _longjmp(scheduler, 1);
}

static void run_thread(int t, int entered)
{
    threadIdx.x = t;
    waits[t] = READY;
    if (!_setjmp(scheduler)) {
        if (entered)
            _longjmp(within[t], 1);
        swapcontext(&beginning, &fiber[t]);
    }
}

static void __syncthreads(void) { stop_until(AT_BARRIER); }
static void __syncwarp(void) { stop_until(IN_WARP); }

static long long *shown(long long x)
{
    int t = threadIdx.x, which = place[t] ^= 1;
    lane[which][t] = x;
    stop_until(IN_WARP);
    return lane[which];
}

static long long __shfl_xor_sync(unsigned mask, long long x, int step) { return shown(x)[threadIdx.x ^ step]; }

static double other_lane(double x, int step)
{
    long long bits;
    memcpy(&bits, &x, 8);
    memcpy(&x, shown(bits) + (threadIdx.x ^ step), 8);
    return x;
}

static int __reduce_add_sync(unsigned mask, int x)
{
    long long *all = shown(x) + threadIdx.x / 32 * 32, sum = 0;
    for (int k = 0; k < 32; k++)
        sum += all[k];
    if (sum != (int)sum)
        too_large = 1;
    return (int)sum;
}

static int atomicAdd(int *sum, int x) { *sum += x; return *sum - x; }
static void add(long long *sum, long long x) { *sum += x; }
static unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
static long long __double_as_longlong(double x) { long long bits; memcpy(&bits, &x, 8); return bits; }
static double __longlong_as_double(long long bits) { double x; memcpy(&x, &bits, 8); return x; }

/* Tensor cores: each lane has the whole of both factors, and of their product eight entries, in an order that nobody may count on. */
typedef struct { signed char x[256]; } Left, Right;
typedef struct { int x[8]; } Tile;

static void meet(const void *p, int bytes)   /* all lanes name the same address, a multiple of so many bytes */
{
    long long *all = shown((long long)p) + threadIdx.x / 32 * 32;
    for (int k = 0; k < 32; k++)
        if (all[k] != (long long)p || all[k] % bytes)
            misplaced = 1;
}

static void load_left(Left *f, const signed char *p, int pitch)
{
    meet(p, 8);
    meet((void *)(long long)pitch, 16);
    for (int k = 0; k < 256; k++)
        f->x[k] = p[k / 16 * pitch + k % 16];
}

static void load_right(Right *f, const signed char *p, int pitch) { load_left(f, p, pitch); }

static int entry(int k) { return (37 * (threadIdx.x % 32) + 32 * k) % 256; }

static void multiply(Tile *d, const Left *a, const Right *b)
{
    stop_until(IN_WARP);
    for (int k = 0; k < 8; k++)
        for (int j = 0; j < 16; j++)
            d->x[k] += a->x[entry(k) / 16 * 16 + j] * b->x[entry(k) % 16 * 16 + j];
}

static void store(int *p, const Tile *d)
{
    meet(p, 32);
    for (int k = 0; k < 8; k++)
        p[entry(k)] = d->x[k];
}

/* A launch: the kernel, its arguments (all of 64 bits), and the order in which warps and threads run. */
typedef long long i64_;
static void (*kernel)(i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_, i64_);
static i64_ argument[20];
int twin_order = 0;   /* 0 ascending, 1 descending, otherwise random with this seed */

static void start(void)
{
    i64_ *a = argument;
    kernel(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12], a[13], a[14], a[15], a[16], a[17], a[18], a[19]);
    stop_until(DONE);
}

static void shuffle(int *order, int n, unsigned *state)
{
    for (int k = 0; k < n; k++)
        order[k] = twin_order == 1 ? n - 1 - k : k;
    for (int k = n - 1; k > 0 && twin_order > 1; k--) {
        *state = *state * 1664525u + 1013904223u;
        int other = (*state >> 8) % (k + 1), kept = order[k];
        order[k] = order[other], order[other] = kept;
    }
}

static int all_wait(int first, int count, int where)
{
    int waiting = 0;
    for (int t = first; t < first + count; t++)
        waiting += waits[t] == where;
    return waiting == count ? 1 : waiting ? -1 : 0;
}

/* 0, or 1 where threads have diverged. */
static int run_warp(int first, int entered, unsigned *state)
{
    int order[32];
    do {
        shuffle(order, 32, state);
        for (int k = 0; k < 32; k++)
            run_thread(first + order[k], entered);
        entered = 1;
    } while (all_wait(first, 32, IN_WARP) == 1);
    return all_wait(first, 32, AT_BARRIER) != 1 && all_wait(first, 32, DONE) != 1;
}

/* Run a kernel; 1 where threads have diverged, 2 where one wrote beyond `shared` bytes of shared memory, 3 where the sum of a warp that is
   said to fit in 32 bits did not, 4 where threads of a warp load or store a matrix at several addresses, or at an odd one. */
int twin_launch(void *function, int blocks, int threads, int shared, const i64_ *arguments, int count)
{
    unsigned state = twin_order;
    int order[32];
    if (!stacks)
        stacks = malloc((size_t)MOST * STACK);
    *(void **)&kernel = function;
    too_large = misplaced = 0;
    memset(argument, 0, sizeof argument);
    memcpy(argument, arguments, count * sizeof *arguments);
    for (int block = 0; block < blocks; block++) {
        blockIdx.x = block;
        memset(memory, 0x7B, sizeof memory);   /* nobody may count on zeros */
        for (int t = 0; t < threads; t++) {
            getcontext(&fiber[t]);
            fiber[t].uc_stack.ss_sp = stacks + (size_t)t * STACK;
            fiber[t].uc_stack.ss_size = STACK;
            fiber[t].uc_link = 0;   /* never returns: `start` stops at the end */
            makecontext(&fiber[t], start, 0);
            place[t] = 0;
        }
        int entered = 0;
        do {
            shuffle(order, threads / 32, &state);
            for (int k = 0; k < threads / 32; k++)
                if (run_warp(32 * order[k], entered, &state))
                    return 1;
            entered = 1;
        } while (all_wait(0, threads, AT_BARRIER) == 1);
        if (all_wait(0, threads, DONE) != 1)
            return 1;
        for (size_t k = shared; k < sizeof memory; k++)
            if (((char *)memory)[k] != 0x7B)
                return 2;
    }
    return misplaced ? 4 : 3 * too_large;
}
