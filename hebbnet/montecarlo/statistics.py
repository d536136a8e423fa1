"""Statistics of one chain's time series: autocorrelation time, effective sample size, equilibration verdict.

NumPy and SciPy have no integrated autocorrelation time, and a package for these few lines is not a core dependency.
"""
import numpy as np

WINDOW = 5             # Sokal's automatic window: sum until t >= WINDOW * tau
LEAST_SAMPLES = 10     # effective measurements below which nothing is said to have equilibrated
STANDARD_ERRORS = 4
TEST = (f"halves: the means of m and of the energy over the first and the second half of the measurements differ by at most "
        f"{STANDARD_ERRORS} standard errors, and there are at least {LEAST_SAMPLES} effective measurements (a constant series passes)")


def autocorrelation_time(x):
    """tau = 1 + 2 sum_t rho(t) of a series x (n,), in measurements: var(mean) = var(x) tau / n.  NaN for a constant series.

    Source: A. Sokal, Monte Carlo methods in statistical mechanics (1989), with his self-consistent window.
    """
    x = np.asarray(x, float) - np.mean(x)
    n = len(x)
    if n < 2 or not np.any(np.abs(x) > 1e-12):
        return np.nan
    power = np.abs(np.fft.rfft(x, 2 * n)) ** 2
    rho = np.fft.irfft(power)[:n]
    tau = 2 * np.cumsum(rho / rho[0]) - 1
    inside = np.arange(n) < WINDOW * tau
    return max(float(tau[n - 1 if inside.all() else np.argmin(inside)]), 1.0)


def settled(x, tau=None):
    """Whether the halves of the series x (n,) agree, in the sense of TEST.  tau: its autocorrelation time, if it is known."""
    tau, half = autocorrelation_time(x) if tau is None else tau, len(x) // 2
    if np.isnan(tau):
        return len(x) >= LEAST_SAMPLES
    first, second = x[:half], x[-half:]
    error = np.sqrt(tau * (np.var(first) + np.var(second)) / half)
    return bool(len(x) >= LEAST_SAMPLES * tau and abs(first.mean() - second.mean()) <= STANDARD_ERRORS * error)


def agree(x, y, tau=None):
    """Whether the means of two independent series (n,) differ by at most STANDARD_ERRORS standard errors; constant ones: are equal.

    tau: the autocorrelation times of both, if they are known.
    """
    tau = map(autocorrelation_time, (x, y)) if tau is None else tau
    error = np.sqrt(sum(np.var(a) * np.nan_to_num(t) / len(a) for a, t in zip((x, y), tau)))
    return bool(abs(np.mean(x) - np.mean(y)) <= STANDARD_ERRORS * error + 1e-12)


def binder(q2, q4):
    """Binder cumulant (3 - <q^4> / <q^2>^2) / 2: 0 for a Gaussian, 1 for |q| = const."""
    return (3 - q4 / np.where(q2 > 0, q2, np.nan) ** 2) / 2


def jackknife(function, *arrays):
    """function(means over the first axis (disorder samples)) and its jackknife error; NaN error with fewer than two samples."""
    n = len(arrays[0])
    value = function(*(a.mean(axis=0) for a in arrays))
    if n < 2:
        return value, np.full_like(value, np.nan)
    left_out = function(*((a.sum(axis=0) - a) / (n - 1) for a in arrays))
    return value, np.sqrt((n - 1) / n * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))


def mean_and_error(x):
    """Mean over the first axis (disorder samples) ignoring NaN, and its standard error; NaN error with fewer than two."""
    count = np.sum(~np.isnan(x), axis=0)
    mean = np.where(count > 0, np.nansum(x, axis=0) / np.maximum(count, 1), np.nan)
    spread = np.nansum((x - mean) ** 2, axis=0) / np.maximum(count - 1, 1)
    return mean, np.where(count > 1, np.sqrt(spread / np.maximum(count, 1)), np.nan)
