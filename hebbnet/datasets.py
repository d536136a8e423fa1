"""Real images as patterns: IDX files (MNIST and its kin) and scikit-learn's digits, binarized to +-1, with their quality measured.

    from hebbnet import datasets
    images = datasets.load("digits").binarize("median", per="pixel").balance(0.5)
    train, test = images.select(per_class=150, seed=1).split(0.2, seed=1)
    examples, labels = train.examples()                # (10, 120, N) int8 of +-1
    datasets.effective_quality(examples).rho           # (10,), the rho of the theory, per class

Nothing is shipped: `load` downloads on first use, checks the SHA-256 of the contents and keeps the file in a cache folder.  What is done
to the pixels, with equations: docs/datasets.md.
"""
import contextlib
import gzip
import hashlib
import http.client
import math
import os
import sys
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from .params import Parameter, ParameterError, check_seed, choose, count
from .patterns import signs

ELEMENTS = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}   # IDX type byte -> NumPy type
CHUNK = 4096    # images in float at a time, to bound temporary memory
TIMEOUT = 60    # seconds without an answer before the next source is tried


class DataError(ValueError):
    """A data file is missing, damaged or not what it should be; the message names it and says what was expected."""


class Known(NamedTuple):
    """A data set that is known by name: folders to download from, in turn, and {part: ((file, SHA-256 of its contents), ...)}."""

    sources: tuple
    parts: dict


# The checksums are those of the uncompressed files, so that plain files and any gzip of them pass.
KNOWN = {
    "mnist": Known(
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        {"train": (("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
                   ("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5")),
         "test": (("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
                  ("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"))}),
    "fashion-mnist": Known(
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
         "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
        {"train": (("train-images-idx3-ubyte", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
                   ("train-labels-idx1-ubyte", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9")),
         "test": (("t10k-images-idx3-ubyte", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
                  ("t10k-labels-idx1-ubyte", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"))}),
}


# ---------------------------------------------------------------- files

def read_idx(path):
    """The array in an IDX file, plain or gzip, of any element type, in native byte order; read-only.

    Raises DataError for a file that is missing, damaged, truncated, not IDX, or longer than its header says.
    Source: the format is described at yann.lecun.com/exdb/mnist: 0, 0, type, number of dimensions, sizes, elements, all big-endian.
    """
    return _array(_contents(Path(path)), path)


def write_idx(path, array):
    """Write an array of uint8, int8, int16, int32, float32 or float64 as IDX, compressed if the name ends in .gz; returns the path."""
    path, array = Path(path), np.asarray(array)
    codes = {np.dtype(kind).newbyteorder("="): code for code, kind in ELEMENTS.items()}
    code = codes.get(array.dtype.newbyteorder("="))
    if code is None:
        raise ParameterError(f"array has type {array.dtype}: expected one of {', '.join(map(str, codes))}, which are what IDX knows", "array")
    contents = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(ELEMENTS[code]).tobytes()
    path.write_bytes(gzip.compress(contents, mtime=0) if path.suffix == ".gz" else contents)   # no time stamp: same array, same bytes
    return path


def read(images, labels, name=None):
    """Dataset from two IDX files: paths of images (n, rows, cols) and of labels (n,); name: that of the images file unless given.

    Raises DataError, naming the file, as `read_idx` does, and when the dimensions or the two numbers of images differ.
    """
    images, labels = Path(images), Path(labels)
    raw = [_contents(images), _contents(labels)]
    return _pair(raw, (images, labels), name or images.name,
                 {"step": "read", "files": [images.name, labels.name], "sha256": [hashlib.sha256(c).hexdigest() for c in raw]})


def load(name="digits", part=None, cache=None):
    """A data set by name, as gray levels: a Dataset.

    name: "digits" (1797 images of 8 x 8 with levels 0 ... 16, inside scikit-learn), "mnist" or "fashion-mnist" (28 x 28, levels 0 ... 255).
    part: "train" (60000 images, the default) or "test" (10000); "digits" has no parts.  cache: the folder that keeps what is downloaded, in
    a subfolder `name`; by default the environment variable HEBBNET_DATA, else the user's cache folder.  Files put there by hand, plain
    or gzip, are taken.  Raises DataError if a file cannot be had or its contents have another SHA-256 than the published ones (then it is
    neither used nor removed), ImportError if "digits" lacks scikit-learn.
    """
    choose("name", name, ("digits", *KNOWN))
    if name == "digits":
        if part is not None:
            raise ParameterError(f"part = {part!r}: digits has no parts, leave it out; Dataset.split makes some", "part")
        return _digits()
    part = choose("part", "train" if part is None else part, tuple(KNOWN[name].parts))
    folder = _cache(cache) / name
    files = KNOWN[name].parts[part]
    raw = [_obtain(name, file, sha256, folder) for file, sha256 in files]
    return _pair(raw, [folder / file for file, _ in files], name,
                 {"step": "load", "name": name, "part": part, "sha256": [sha256 for _, sha256 in files]})


def cached(cache=None):
    """Names that `load` has at hand without a download: a tuple, "digits" first (which needs scikit-learn); files are not opened."""
    def there(name):
        files = [file for part in KNOWN[name].parts.values() for file, _ in part]
        return all(any((_cache(cache) / name / f"{file}{end}").exists() for end in ("", ".gz")) for file in files)

    return ("digits", *filter(there, KNOWN))


def _digits():
    try:
        from sklearn.datasets import load_digits
    except ImportError as e:
        raise ImportError(f"load('digits') needs scikit-learn, which holds these images ({e}): pip install 'hebbnet[data]'") from e
    data = load_digits()
    return Dataset(data.images.astype(np.uint8), data.target, "digits", ({"step": "load", "name": "digits"},))


def _cache(cache):
    if cache is None:
        cache = os.environ.get("HEBBNET_DATA")
    if not cache:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or ("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")) / "hebbnet"
    return Path(cache).expanduser()


def _contents(path):
    """The bytes of a file, uncompressed."""
    try:
        return _unzipped(path.read_bytes(), path)
    except OSError as e:
        raise DataError(f"{path} cannot be read ({e.strerror or e}): expected an IDX file, plain or gzip") from e


def _unzipped(raw, where):
    if raw[:2] != b"\x1f\x8b":   # an IDX file begins with two zeros, so the bytes say what the name may hide
        return raw
    try:
        return gzip.decompress(raw)
    except (gzip.BadGzipFile, EOFError, zlib.error) as e:
        raise DataError(f"{where} is a damaged gzip file ({e}): expected a whole one; get it again") from e


def _array(contents, where):
    if len(contents) < 4 or contents[:2] != b"\0\0" or contents[2] not in ELEMENTS:
        known = ", ".join(f"{code:02x}" for code in ELEMENTS)
        raise DataError(f"{where} begins with the bytes {contents[:4].hex(' ') or '(none)'}: expected an IDX file, 00 00, one of {known}, "
                        "and the number of dimensions")
    kind, ndim = np.dtype(ELEMENTS[contents[2]]), contents[3]
    start = 4 + 4 * ndim
    if len(contents) < start:
        raise DataError(f"{where} has {len(contents)} bytes: expected a header of {start} for {ndim} dimensions; the file is truncated")
    shape = tuple(int.from_bytes(contents[k:k + 4], "big") for k in range(4, start, 4))
    expected = start + math.prod(shape) * kind.itemsize
    if len(contents) != expected:
        what = "truncated" if len(contents) < expected else "longer than its header says"
        raise DataError(f"{where} has {len(contents)} bytes uncompressed: expected {expected} for shape {shape} of {kind.name}; the file is {what}")
    array = np.frombuffer(contents, kind, offset=start).reshape(shape)
    return array.astype(kind.newbyteorder("="), copy=False)


def _pair(raw, paths, name, step):
    images, labels = _array(raw[0], paths[0]), _array(raw[1], paths[1])
    if images.ndim != 3 or 0 in images.shape:
        raise DataError(f"{paths[0]} holds an array of shape {images.shape}: expected images, (n, rows, cols)")
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(f"{paths[1]} holds {labels.dtype} of shape {labels.shape}: expected labels, integers of shape (n,)")
    if len(images) != len(labels):
        raise DataError(f"{paths[0]} has {len(images)} images and {paths[1]} has {len(labels)} labels: expected equal numbers")
    return Dataset(images, labels, name, (step,))


def _verified(contents, where, sha256):
    found = hashlib.sha256(contents).hexdigest()
    if found != sha256:
        raise DataError(f"{where} is not the published file: the SHA-256 of its uncompressed contents is {found}, expected {sha256}; "
                        "it was not used")
    return contents


def _obtain(name, file, sha256, folder):
    """The contents of one published file: from the cache folder, or from the first source that has it."""
    for path in (folder / file, folder / f"{file}.gz"):
        if path.exists():
            try:
                return _verified(_contents(path), path, sha256)
            except DataError as e:
                raise DataError(f"{e}, and left where it is: put the right file there, or remove it to download again") from e
    failures = []
    for source in KNOWN[name].sources:
        url = f"{source}{file}.gz"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT) as reply:
                raw = reply.read()
            contents = _verified(_unzipped(raw, url), url, sha256)
        except (OSError, http.client.HTTPException, DataError) as e:
            failures.append(str(e) if isinstance(e, DataError) else f"{url}: {e}")
            continue
        _keep(raw, folder / f"{file}.gz")
        return contents
    needed = " and ".join(f for f, _ in next(files for files in KNOWN[name].parts.values() if (file, sha256) in files))
    raise DataError(f"{name} could not be downloaded ({'; '.join(failures)}): put the files {needed}, plain or gzip with .gz behind the name, "
                    f"into {folder}, or name another folder with cache= or HEBBNET_DATA")


def _keep(raw, path):
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(raw)
        os.replace(temporary, path)   # whole or not at all
    except OSError as e:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise DataError(f"{path} could not be written ({e.strerror}): expected a writable cache folder; name one with cache= or HEBBNET_DATA") from e


# ---------------------------------------------------------------- images

@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Labeled images and what was done to them: images (n, rows, cols), labels (n,) integers, name, history.

    Frozen: the methods return new Datasets, and each appends {"step": its name, parameter: value, ...} to `history`, a tuple that
    json.dumps takes.  Gray levels are any finite numbers; `binarize` makes them int8 of +-1.  Raises ParameterError if the arrays do not fit.

    What `binarize`, `balance`, `decorrelate` and `project` take from the images, they take from those of the Dataset `fit` if it is given: `test` is
    treated as `train` was, and has not been looked at, by test.binarize(fit=train), where train is as it was before its own binarize.
    """

    images: np.ndarray
    labels: np.ndarray
    name: str
    history: tuple = ()

    def __post_init__(self):
        images, labels = np.asarray(self.images), np.asarray(self.labels)
        if images.ndim != 3 or 0 in images.shape or images.dtype.kind not in "iuf":
            raise ParameterError(f"images has shape {images.shape} and type {images.dtype}: expected numbers (n, rows, cols)", "images")
        if images.dtype.kind == "f" and not np.isfinite(images).all():
            raise ParameterError("images holds infinities or NaN: expected finite gray levels", "images")
        if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
            raise ParameterError(f"labels has shape {labels.shape} and type {labels.dtype}: expected integers ({len(images)},), one per image",
                                 "labels")
        images, labels = images.view(), labels.astype(np.int64)
        images.flags.writeable = labels.flags.writeable = False
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "history", tuple(dict(step) for step in self.history))

    def __repr__(self):
        n, rows, cols = self.images.shape
        steps = ", ".join(step["step"] for step in self.history) or "none"
        return f"Dataset({self.name!r}: {n} images of {rows} x {cols} {self.images.dtype}, {len(self.counts)} classes; steps: {steps})"

    def __len__(self):
        return len(self.images)

    @property
    def counts(self):
        """{class: number of its images}, classes ascending."""
        classes, numbers = np.unique(self.labels, return_counts=True)
        return dict(zip(classes.tolist(), numbers.tolist()))

    def flat(self):
        """(n, N) images as vectors of N = rows x cols pixels, row by row."""
        return self.images.reshape(len(self), -1)

    def examples(self):
        """(K, M, N) int8 of +-1 and their class labels (K,), ascending: M examples of each of K classes, in the order of the images.

        Raises ParameterError unless the images are +-1 and all classes have the same number of them.
        """
        if len(set(self.counts.values())) > 1:
            raise ParameterError(f"the classes of {self.name} have different numbers of images, {self.counts}: expected equal ones; "
                                 "select(per_class=...) draws them", "labels")
        x = self._signs("examples")
        order = np.argsort(self.labels, kind="stable")
        return x[order].reshape(len(self.counts), -1, x.shape[1]), np.array(list(self.counts))

    def binarize(self, threshold="median", per=None, fit=None):
        """+1 where the gray level is above the threshold, -1 where it is below or equal: int8.

        threshold: "median" or "mean", taken per="pixel" (over the images of one pixel, the default), "image" (over the pixels of one image)
        or "global"; or a number, in gray levels.  A tie is -1: a pixel that never changes becomes -1 everywhere, and a median can leave
        less than half of the entries +1 where many gray levels are equal (MNIST: where most images are black).
        """
        if isinstance(threshold, str):
            choose("threshold", threshold, ("median", "mean"))
            axis = {"pixel": 0, "image": (1, 2), "global": None}
            per = choose("per", "pixel" if per is None else per, tuple(axis))
            source = self.images if per == "image" else self._source(fit).images
            if threshold == "median":
                level = np.median(source, axis=axis[per], keepdims=True)
            else:
                level = np.mean(source, axis=axis[per], keepdims=True, dtype=np.float64)
        else:
            if per not in (None, "global"):
                raise ParameterError(f"per = {per!r} with the threshold {threshold!r}: a number is one threshold for all, leave per out", "per")
            per = "global"
            threshold = _number("threshold", threshold, "gray level", low=-math.inf)
            level = np.float64(threshold)
        x = (self.images > level).view(np.int8)   # 0 and 1
        x *= 2
        x -= 1
        return self._next(x, self.labels, "binarize", fit, threshold=threshold, per=per)

    def resample(self, rows, cols):
        """Images of rows x cols pixels, float32: each new pixel is the mean gray level of the area that it covers.

        Block means where the old size is a multiple of the new one, repeated pixels where it is the other way round; the mean gray level
        of every image stays.  From integer gray levels the result is exact up to its last bit, the same on every machine.
        """
        rows, cols = count("rows", rows), count("cols", cols)
        down, across = _areas(self.images.shape[1], rows), _areas(self.images.shape[2], cols)
        area = self.images.shape[1] * self.images.shape[2]
        out = np.empty((len(self), rows, cols), np.float32)
        for start in range(0, len(self), CHUNK):
            out[start:start + CHUNK] = down @ self.images[start:start + CHUNK].astype(np.float64) @ across.T / area
        return self._next(out, self.labels, "resample", rows=rows, cols=cols)

    def balance(self, bound=0.5, fit=None):
        """Keep the pixels whose mean over all images is at most `bound` in magnitude: images (n, 1, number kept) of +-1.

        Which pixels of the flattened image were kept is in the history.  This removes what all images share (the black rim of MNIST); it does
        not make single images or archetypes balanced.  Raises ParameterError for images that are not +-1, or if no pixel is left.
        """
        bound = _number("bound", bound, "largest absolute mean of a pixel", high=1)
        size = np.abs(self._source(fit)._signs("balance").mean(0))
        return self._keep(np.flatnonzero(size <= bound), "balance", bound, fit, f"the smallest absolute mean of a pixel is {size.min():.3g}")

    def decorrelate(self, bound=0.3, fit=None):
        """Keep pixels of which no two have a correlation above `bound` in magnitude: images (n, 1, number kept) of +-1.

        Greedy: pixels are taken in order of absolute mean (the most balanced first, then by position) unless they correlate with one taken before.
        The correlation is Pearson's over all images; pixels that never change are dropped.  Deterministic; which pixels were kept is
        in the history.  It leaves few pixels when the bound is small, and correlations of three and more pixels as they are.
        Raises ParameterError for images that are not +-1, or if all pixels are constant.
        """
        bound = _number("bound", bound, "largest |correlation| of two pixels", high=1)
        x = self._source(fit)._signs("decorrelate")
        products = np.zeros((x.shape[1], x.shape[1]))
        for start in range(0, len(x), CHUNK):
            block = x[start:start + CHUNK].astype(np.float32)   # sums of at most CHUNK signs are exact
            products += block.T @ block
        mean = x.mean(0)
        spread = np.sqrt(1 - mean**2)
        kept = []
        for i in np.argsort(np.abs(mean), kind="stable"):
            covariance = products[i, kept] / len(x) - mean[i] * mean[kept]
            if spread[i] > 0 and (np.abs(covariance) <= bound * spread[i] * spread[kept]).all():
                kept.append(i)
        return self._keep(np.sort(np.array(kept, int)), "decorrelate", bound, fit, "no pixel changes over the images")

    def project(self, neurons, components=20, seed=0, fit=None):
        """Each image as `neurons` signs of random sums of its whitened pixels: images (n, 1, neurons) of +-1, balanced and weakly correlated.

        With x the pixels less their mean over all images, lambda_a and v_a the largest `components` eigenvalues and eigenvectors of
        their covariance, and g_ki independent normal numbers of the seed, s_k = +1 where sum_i g_ki sum_a v_ai lambda_a**-1/2 (v_a . x) > 0, else -1.
        Every mean is near 0; two neurons correlate like N(0, (2/pi)**2/components).  Few components keep what images of a class
        share, many bring archetypes closer to orthogonal and examples to noise: look at `effective_quality`.  Takes gray levels or +-1.
        Raises ParameterError if the images vary in fewer directions.  Source: signs of random projections, Charikar (2002) Proc. STOC 34, 380.
        """
        neurons, components, seed = count("neurons", neurons), count("components", components), check_seed(seed)
        source = self._source(fit)
        x = source.flat()
        mean, covariance = x.mean(0, dtype=np.float64), np.zeros((x.shape[1], x.shape[1]))
        for start in range(0, len(x), CHUNK):
            block = x[start:start + CHUNK] - mean
            covariance += block.T @ block / len(x)
        size, direction = np.linalg.eigh(covariance)
        rank = int(np.count_nonzero(size > 1e-9 * size[-1]))
        if components > rank:
            raise ParameterError(f"components = {components}: the images of {source.name} vary in {rank} directions only", "components")
        size, direction = size[-components:], direction[:, -components:]
        words = np.random.PCG64([seed, 2]).random_raw(neurons * x.shape[1]).reshape(neurons, -1)
        normal = ndtri(((words >> np.uint64(12)) + 0.5) / 2**52)
        weights = (normal @ (direction / np.sqrt(size))) @ direction.T   # the same for either sign of an eigenvector
        x = self.flat()
        out = np.empty((len(x), 1, neurons), np.int8)
        for start in range(0, len(x), CHUNK):
            out[start:start + CHUNK, 0] = np.where((x[start:start + CHUNK] - mean) @ weights.T > 0, 1, -1)
        return self._next(out, self.labels, "project", fit, neurons=neurons, components=components, seed=seed)

    def select(self, classes=None, per_class=None, seed=0):
        """Equal numbers of images of some classes, drawn without replacement, class after class.

        classes: labels, by default all, ascending; per_class: images of each, by default as many as the smallest of these classes has.
        The draw of a class depends on (seed, class) only, and a smaller per_class gives the first images of a larger one.
        Raises ParameterError for an unknown or repeated class, or one with too few images.
        """
        counts, seed = self.counts, check_seed(seed)
        wanted = np.atleast_1d(list(counts) if classes is None else classes)
        if wanted.ndim > 1 or wanted.dtype.kind not in "iu" or len(set(wanted.tolist())) < len(wanted):
            raise ParameterError(f"classes = {classes!r}: expected at least one label, integers, each once; {self.name} has {counts} (class: images)",
                                 "classes")
        classes = wanted.tolist()
        for c in classes:
            if c not in counts:
                raise ParameterError(f"classes = {classes}: {self.name} has no images of class {c}; it has {counts} (class: images)", "classes")
        per_class = count("per_class", min(counts[c] for c in classes) if per_class is None else per_class)
        for c in classes:
            if counts[c] < per_class:
                raise ParameterError(f"per_class = {per_class}: class {c} has {counts[c]} images; {self.name} has {counts} (class: images)",
                                     "per_class")
        kept = np.concatenate([_shuffled(self.labels, c, seed, 0)[:per_class] for c in classes])
        return self._next(self.images[kept], self.labels[kept], "select", classes=classes, per_class=per_class, seed=seed)

    def split(self, test_fraction=0.2, seed=0):
        """(train, test): of each class, the nearest whole number of images to test_fraction, but one at least in either, goes to the test set.

        Both keep the order of the images.  Raises ParameterError for test_fraction outside (0, 1) or a class with a single image.
        """
        test_fraction, seed = _number("test_fraction", test_fraction, "fraction of the images", high=1), check_seed(seed)
        if test_fraction in (0, 1):
            raise ParameterError(f"test_fraction = {test_fraction:g}: expected a number between 0 and 1, so that neither part is empty",
                                 "test_fraction")
        if min(self.counts.values()) < 2:
            raise ParameterError(f"a class with one image cannot be split; {self.name} has {self.counts} (class: images)", "labels")
        test = np.zeros(len(self), bool)
        for c, number in self.counts.items():
            test[_shuffled(self.labels, c, seed, 1)[:min(max(round(test_fraction * number), 1), number - 1)]] = True
        return tuple(self._next(self.images[part], self.labels[part], "split", part=word, test_fraction=test_fraction, seed=seed)
                     for part, word in ((~test, "train"), (test, "test")))

    def _next(self, images, labels, step, fit=None, **parameters):
        if fit is not None:
            parameters["fit"] = list(fit.history)
        return Dataset(images, labels, self.name, (*self.history, {"step": step, **parameters}))

    def _source(self, fit):
        """The Dataset that thresholds, pixels and projections are taken from."""
        if fit is None:
            return self
        if not isinstance(fit, Dataset) or fit.images.shape[1:] != self.images.shape[1:]:
            got = f"images of {fit.images.shape[1:]} pixels" if isinstance(fit, Dataset) else type(fit).__name__
            raise ParameterError(f"fit has {got}: expected a Dataset of {self.images.shape[1:]} pixels, like {self.name}", "fit")
        return fit

    def _signs(self, step):
        """(n, N) int8, refused unless every entry is +-1."""
        x = self.flat()
        wrong = x.size - np.count_nonzero(x == 1) - np.count_nonzero(x == -1)
        if wrong:
            raise ParameterError(f"{step} needs images of +1 and -1; {wrong} of the {x.size} entries of {self.name} are neither: "
                                 "call binarize first", "images")
        return x.astype(np.int8, copy=False)

    def _keep(self, pixels, step, bound, fit, why):
        if len(pixels) == 0:
            raise ParameterError(f"{step} with bound = {bound:g} keeps none of the {self.flat().shape[1]} pixels of {self.name}: {why}", "bound")
        return self._next(self._signs(step)[:, None, pixels], self.labels, step, fit, bound=bound, kept=pixels.tolist())


def _number(name, value, meaning, low=0, high=math.inf):
    return Parameter(name=name, symbol=name, meaning=meaning, kind=float, low=low, high=high).check(value)


def _areas(old, new):
    """(new, old) integers: how much of old pixel j new pixel i covers, in units of 1/new of an old pixel; rows sum to `old`."""
    i, j = np.arange(new)[:, None], np.arange(old)
    return np.maximum(np.minimum((i + 1) * old, (j + 1) * new) - np.maximum(i * old, j * new), 0).astype(float)


def _shuffled(labels, c, seed, purpose):
    """Positions of the images of class c in random order: raw words, because NumPy may change its shuffles but not its bit generators."""
    positions = np.flatnonzero(labels == c)
    words = np.random.PCG64([seed, c % 2**64, purpose]).random_raw(len(positions))
    return positions[np.argsort(words, kind="stable")]


# ---------------------------------------------------------------- measures

class Quality(NamedTuple):
    """How good the examples of each class are, arrays (K,): r, R, rho as in the theory, and r_sign against the sign archetype."""

    r: np.ndarray
    R: np.ndarray
    rho: np.ndarray
    r_sign: np.ndarray


def archetypes(examples):
    """(K, N) int8: the sign of the mean of examples (K, M, N) of +-1; a tie, possible for even M, is +1, as in `simulate(examples=)`."""
    return np.where(_means(examples) >= 0, np.int8(1), np.int8(-1))


def effective_quality(examples):
    """Quality of the examples (K, M, N) of +-1, M >= 2: what r, R and rho of the theory are for each class.

    With etabar_i the mean of the M examples at pixel i:

        R = mean_i etabar_i**2,   r**2 = (R M - 1)/(M - 1),   rho = R/r**2 - 1 = (1 - r**2)/(M r**2),   r_sign = mean_i abs(etabar_i)

    r**2 is the mean overlap of two different examples: unbiased, whatever the archetype.  Where it comes out negative r is 0 and
    rho infinite.  r_sign is the mean overlap of the examples with `archetypes`, which were made from them: too large for few examples
    (sqrt(2/(pi M)) for pure noise), and below r for many if pixels differ in quality.
    Raises ParameterError for M = 1 or entries that are not +-1.
    """
    means = _means(examples)
    M = np.shape(examples)[1]
    if M < 2:
        raise ParameterError("examples has M = 1 example per class: expected at least 2, r is measured between examples", "examples")
    R = np.mean(means**2, axis=1)
    square = np.maximum((R * M - 1) / (M - 1), 0)
    rho = np.divide(R, square, out=np.full(len(R), np.inf), where=square > 0) - 1
    return Quality(np.sqrt(square), R, rho, np.mean(np.abs(means), axis=1))


def correlations(patterns):
    """(K, K) overlaps (1/N) sum_i xi_i^mu xi_i^nu of patterns (K, N) of +-1, such as `archetypes`; about N**-1/2 off the diagonal if random."""
    x = signs("patterns", patterns)
    if x.ndim != 2 or 0 in x.shape:
        raise ParameterError(f"patterns has shape {x.shape}: expected (K, N), one pattern per row", "patterns")
    x = x.astype(float)
    return x @ x.T / x.shape[1]


def _means(examples):
    x = signs("examples", examples)
    if x.ndim != 3 or 0 in x.shape:
        raise ParameterError(f"examples has shape {x.shape}: expected (K, M, N), M examples of each of K classes", "examples")
    return x.mean(1)
