"""Images as patterns: files byte by byte, downloads from this machine only, and every step against its definition on small arrays."""
import functools
import gzip
import hashlib
import http.server
import json
import sys
import threading
from fractions import Fraction

import numpy as np
import pytest

import hebbnet as hn
from hebbnet import datasets
from hebbnet.datasets import DataError, Dataset

RNG = np.random.default_rng(5)
IMAGES = RNG.integers(0, 256, (6, 3, 2), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2], np.uint8)
SIGNS = RNG.choice(np.array([-1, 1], np.int8), (40, 4, 5))


def made(images, labels=None):
    return Dataset(np.asarray(images), np.zeros(len(images), int) if labels is None else labels, "made")


@functools.cache
def digits():
    return datasets.load("digits")


# ---------------------------------------------------------------- IDX files

@pytest.mark.parametrize("code, size, element, value", [
    (0x08, 1, b"\xfe", 254), (0x09, 1, b"\xfe", -2), (0x0B, 2, b"\xff\x01", -255), (0x0C, 4, b"\x00\x01\x00\x02", 65538),
    (0x0D, 4, b"\xbf\xc0\x00\x00", -1.5), (0x0E, 8, b"\x40\x09\x21\xfb\x54\x44\x2d\x18", np.pi)])
def test_every_element_type_is_read_and_written_as_the_format_says(tmp_path, code, size, element, value):
    raw = bytes([0, 0, code, 2, 0, 0, 0, 1, 0, 0, 0, 2]) + bytes(size) + element
    (tmp_path / "given").write_bytes(raw)
    array = datasets.read_idx(tmp_path / "given")
    assert array.tolist() == [[0, value]] and array.dtype.isnative and array.itemsize == size
    assert datasets.write_idx(tmp_path / "written", array).read_bytes() == raw


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_files_come_back_as_they_were_written(tmp_path, ending):
    images, labels = datasets.write_idx(tmp_path / f"i{ending}", IMAGES), datasets.write_idx(tmp_path / f"l{ending}", LABELS)
    data = datasets.read(images, labels)
    assert data.images.dtype == np.uint8 and data.name == f"i{ending}"
    np.testing.assert_array_equal(data.images, IMAGES)
    np.testing.assert_array_equal(data.labels, LABELS)
    assert data.history[0]["sha256"][1] == hashlib.sha256(bytes([0, 0, 8, 1, 0, 0, 0, 6]) + LABELS.tobytes()).hexdigest()
    assert (images.read_bytes()[:2] == b"\x1f\x8b") == bool(ending)
    assert not ending or images.read_bytes()[4:8] == bytes(4)   # RFC 1952: no time stamp, so the same array makes the same file


def flipped(raw, place):
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1:]


@pytest.mark.parametrize("damage, words", [
    (lambda raw: raw[:-1], ["51 bytes", "expected 52", "truncated"]),
    (lambda raw: raw + b"\0", ["53 bytes", "expected 52", "longer"]),
    (lambda raw: raw[:9], ["9 bytes", "header of 16", "truncated"]),
    (lambda raw: b"\x89PNG" + raw, ["89 50 4e 47", "00 00"]),
    (lambda raw: b"\0\0\x0a\3" + raw[4:], ["00 00 0a 03", "0b"]),
    (lambda raw: b"", ["(none)"]),
    (lambda raw: flipped(gzip.compress(raw, mtime=0), -6), ["damaged gzip", "CRC"]),
    (lambda raw: gzip.compress(raw, mtime=0)[:-12], ["damaged gzip"]),
    (lambda raw: gzip.compress(raw, mtime=0)[:10] + b"\xff" * 20, ["damaged gzip", "invalid block"]),
    (lambda raw: b"\0\0\x08\2\0\0\0\6\0\0\0\6" + bytes(36), ["(6, 6)", "(n, rows, cols)"]),
    (lambda raw: b"\0\0\x08\3\0\0\0\5\0\0\0\3\0\0\0\2" + bytes(30), ["5 images", "6 labels"])])
def test_a_wrong_images_file_is_named_with_what_was_expected(tmp_path, damage, words):
    images, labels = datasets.write_idx(tmp_path / "images", IMAGES), datasets.write_idx(tmp_path / "labels", LABELS)
    images.write_bytes(damage(images.read_bytes()))
    with pytest.raises(DataError) as error:
        datasets.read(images, labels)
    assert all(word in str(error.value) for word in [str(images), *words])


def test_labels_that_are_not_labels_and_files_that_are_not_there(tmp_path):
    images = datasets.write_idx(tmp_path / "images", IMAGES)
    for labels in (IMAGES, LABELS.astype(np.float32)):
        with pytest.raises(DataError, match=r"labels.*integers of shape \(n,\)"):
            datasets.read(images, datasets.write_idx(tmp_path / "labels", labels))
    with pytest.raises(DataError, match="nowhere.*No such file"):
        datasets.read(images, tmp_path / "nowhere")
    with pytest.raises(hn.ParameterError, match="int64.*uint8"):
        datasets.write_idx(tmp_path / "x", LABELS.astype(np.int64))


# ---------------------------------------------------------------- by name

@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder that plays the server, a data set "mnist" of six images in it, and an empty cache."""
    server, cache, digests = tmp_path / "server", tmp_path / "cache", []
    server.mkdir()
    for file, array in (("im", IMAGES), ("la", LABELS)):
        path = datasets.write_idx(server / f"{file}.gz", array)
        digests.append((file, hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()))
    monkeypatch.setenv("HEBBNET_DATA", str(cache))
    monkeypatch.setenv("no_proxy", "*")

    def use(*sources):
        monkeypatch.setitem(datasets.KNOWN, "mnist", datasets.Known(sources, {"train": tuple(digests)}))

    use(server.as_uri() + "/")
    return server, cache / "mnist", use


def test_a_download_is_kept_and_not_repeated(shop, tmp_path):
    server, cache, use = shop
    for _ in range(2):
        data = datasets.load("mnist")
        np.testing.assert_array_equal(data.images, IMAGES)
        use()   # no sources any more: the second time it must come from the cache
    assert sorted(p.name for p in cache.iterdir()) == ["im.gz", "la.gz"]
    assert data.history[0]["part"] == "train"
    with pytest.raises(DataError, match="elsewhere"):
        datasets.load("mnist", cache=tmp_path / "elsewhere")


def test_the_next_source_is_tried(shop):
    server, cache, use = shop

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=server)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{web.server_address[1]}/"
        use(here + "missing/", here)
        np.testing.assert_array_equal(datasets.load("mnist").labels, LABELS)
        use(here + "missing/")
        (cache / "la.gz").unlink()
        with pytest.raises(DataError, match="missing/la.gz: HTTP Error 404"):
            datasets.load("mnist")
        web.shutdown()


def test_without_a_network_one_sentence_says_which_files_go_where(shop):
    server, cache, use = shop
    use("http://127.0.0.1:1/")
    with pytest.raises(DataError) as error:
        datasets.load("mnist")
    assert all(word in str(error.value) for word in ["im and la", str(cache), "refused", "HEBBNET_DATA"]) and "\n" not in str(error.value)


@pytest.mark.parametrize("plain", [True, False])
def test_files_put_there_by_hand_are_taken(shop, plain):
    server, cache, use = shop
    use()
    cache.mkdir(parents=True)
    for file, array in (("im", IMAGES), ("la", LABELS)):
        path = datasets.write_idx(cache / file, array)
        if not plain:   # compressed by another program: other bytes, same contents
            (cache / f"{file}.gz").write_bytes(gzip.compress(path.read_bytes(), 1, mtime=7))
            path.unlink()
    np.testing.assert_array_equal(datasets.load("mnist").images, IMAGES)


def test_a_wrong_checksum_is_named_and_the_file_neither_used_nor_removed(shop):
    server, cache, use = shop
    wrong = IMAGES.copy()
    wrong[5, 2, 1] ^= 1
    datasets.write_idx(server / "im.gz", wrong)
    with pytest.raises(DataError, match="server/im.gz is not the published file.*SHA-256.*expected"):
        datasets.load("mnist")
    assert not cache.exists()
    cache.mkdir(parents=True)
    path = datasets.write_idx(cache / "im", wrong)
    with pytest.raises(DataError, match="cache/mnist/im is not the published file.*left where it is"):
        datasets.load("mnist")
    np.testing.assert_array_equal(datasets.read_idx(path), wrong)


def test_a_cache_that_cannot_be_written_is_named(shop, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file/mnist/im.gz could not be written.*cache="):
        datasets.load("mnist", cache=tmp_path / "file")


def test_names_and_parts():
    with pytest.raises(hn.ParameterError, match="Did you mean 'fashion-mnist'"):
        datasets.load("fashion_mnist")
    with pytest.raises(hn.ParameterError, match="part = 'tset'.*'test'"):
        datasets.load("mnist", part="tset")
    with pytest.raises(hn.ParameterError, match="no parts"):
        datasets.load("digits", part="test")


def test_digits_are_the_published_ones():
    """Class sizes and first image of the UCI optical digits, test part (doi 10.24432/C50P49)."""
    data = digits()
    assert list(data.counts.values()) == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180] and data.images.shape == (1797, 8, 8)
    assert data.images.dtype == np.uint8 and data.images.max() == 16
    assert data.images[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0] and data.labels[0] == 0


def test_without_scikit_learn_one_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"scikit-learn.*hebbnet\[data\]"):
        datasets.load("digits")


# ---------------------------------------------------------------- steps

def test_thresholds_and_their_ties():
    data = made([[[0, 5, 9]], [[0, 6, 9]], [[3, 8, 9]], [[0, 6, 1]]])
    assert data.binarize("median", per="pixel").flat().tolist() == [[-1, -1, -1], [-1, -1, -1], [1, 1, -1], [-1, -1, -1]]
    assert data.binarize("mean", per="pixel").flat().tolist() == [[-1, -1, 1], [-1, -1, 1], [1, 1, 1], [-1, -1, -1]]
    assert data.binarize("median", per="image").flat().tolist() == [[-1, -1, 1], [-1, -1, 1], [-1, -1, 1], [-1, 1, -1]]
    assert data.binarize("median", per="global").flat().tolist() == [[-1, -1, 1], [-1, 1, 1], [-1, 1, 1], [-1, 1, -1]]   # 5.5
    assert data.binarize("mean", per="global").flat().tolist() == [[-1, 1, 1], [-1, 1, 1], [-1, 1, 1], [-1, 1, -1]]      # 56/12
    assert data.binarize(8).flat().tolist() == [[-1, -1, 1], [-1, -1, 1], [-1, -1, 1], [-1, -1, -1]]
    assert data.binarize(8).images.dtype == np.int8
    assert data.binarize(300).images.max() == -1   # beyond uint8


def test_medians_split_different_gray_levels_in_halves():
    rng = np.random.default_rng(5)
    data = made(rng.permutation(40 * 20).reshape(40, 4, 5))
    assert (data.binarize("median", per="pixel").images.sum(0) == 0).all()
    assert (data.binarize("median", per="image").images.sum((1, 2)) == 0).all()
    assert data.binarize("median", per="global").images.sum() == 0


def area_mean(image, rows, cols, i, j):
    """Mean over the area of new pixel (i, j), in fractions, one old pixel after the other."""
    R, C = image.shape
    total = Fraction(0)
    for k in range(R):
        for m in range(C):
            height = max(min(Fraction((i + 1) * R, rows), k + 1) - max(Fraction(i * R, rows), k), 0)
            width = max(min(Fraction((j + 1) * C, cols), m + 1) - max(Fraction(j * C, cols), m), 0)
            total += height * width * int(image[k, m])
    return total / (Fraction(R, rows) * Fraction(C, cols))


@pytest.mark.parametrize("rows, cols", [(2, 3), (5, 4), (1, 1), (12, 14), (3, 7)])
def test_a_new_pixel_is_the_mean_of_its_area(rows, cols):
    rng = np.random.default_rng(5)
    data = made(rng.integers(0, 256, (3, 6, 7), dtype=np.uint8))
    small = data.resample(rows, cols).images
    for n in range(3):
        assert small[n].tolist() == [[np.float32(float(area_mean(data.images[n], rows, cols, i, j))) for j in range(cols)] for i in range(rows)]


def test_resampling_in_the_plain_cases():
    rng = np.random.default_rng(5)
    data = made(rng.integers(0, 256, (3, 4, 6), dtype=np.uint8))
    np.testing.assert_array_equal(data.resample(2, 2).images, data.images.reshape(3, 2, 2, 2, 3).mean((2, 4)).astype(np.float32))
    np.testing.assert_array_equal(data.resample(8, 6).images, data.images.repeat(2, axis=1))


def test_balance_drops_the_pixels_that_all_images_share():
    x = SIGNS.copy()
    x[:, 0] = -1
    x[:30, 2, 1] = 1       # mean 1/2
    x[30:, 2, 1] = -1
    data = made(x).balance(0.49)
    means = x.reshape(40, 20).mean(0)
    kept = [i for i in range(20) if abs(means[i]) <= 0.49]
    assert data.history[-1] == {"step": "balance", "bound": 0.49, "kept": kept} and 11 not in kept and min(kept) >= 5
    np.testing.assert_array_equal(data.flat(), x.reshape(40, 20)[:, kept])
    assert data.images.shape == (40, 1, len(kept))
    assert made(x[:, 2:3, 1:2]).balance(0.5).images.shape == (40, 1, 1)   # the bound itself is allowed
    with pytest.raises(hn.ParameterError, match="bound = 0.*none of the 1 pixels.*0.5"):
        made(x[:, 2:3, 1:2]).balance(0)


def test_decorrelate_keeps_a_largest_set_below_the_bound():
    rng = np.random.default_rng(5)
    x = rng.choice([-1, 1], (300, 4, 5), p=[0.3, 0.7])
    x[:, 1] = np.where(rng.random((300, 5)) < 0.9, x[:, 0], -x[:, 0])
    x[:, 1, 3] *= -1          # a negative correlation counts as well
    x[:, 2, 0] = 1
    data = made(x).decorrelate(0.3)
    kept, c = data.history[-1]["kept"], np.corrcoef(np.delete(x.reshape(300, 20), 10, axis=1).T)
    place = [i - (i > 10) for i in kept]
    within = np.abs(c[np.ix_(place, place)])[~np.eye(len(kept), dtype=bool)]
    assert within.max() <= 0.3 and 10 not in kept and len(kept) == 14   # one of each of the five pairs
    for i in set(range(19)) - set(place):
        assert np.abs(c[i, place]).max() > 0.3
    np.testing.assert_array_equal(data.flat(), x.reshape(300, 20)[:, kept])
    with pytest.raises(hn.ParameterError, match="none of the 20 pixels.*no pixel changes"):
        made(np.ones((3, 4, 5), int)).decorrelate()


def test_projected_neurons_have_the_correlations_of_random_directions():
    """Gaussian images, whitened: signs along directions at angle t correlate (2/pi) asin(cos t), and cos t ~ N(0, 1/components)."""
    rng = np.random.default_rng(5)
    mix = rng.normal(size=(12, 12)) * np.geomspace(1, 0.1, 12)
    data = made((rng.normal(size=(6000, 12)) @ mix.T + 3).reshape(-1, 3, 4))
    x = data.project(150, components=12, seed=1).flat()
    pairs = np.corrcoef(x.T)[np.triu_indices(150, 1)]
    cos = rng.normal(size=(150, 12))
    cos = cos / np.linalg.norm(cos, axis=1, keepdims=True)
    expected = np.std(2 / np.pi * np.arcsin((cos @ cos.T)[np.triu_indices(150, 1)]))
    assert pairs.std() == pytest.approx(expected, rel=0.05)
    assert np.abs(x.mean(0)).max() < 5 / np.sqrt(6000)
    assert np.std(np.corrcoef(data.flat().T)[np.triu_indices(12, 1)]) > 0.25
    with pytest.raises(hn.ParameterError, match="components = 13.*12 directions"):
        data.project(5, components=13)


def test_projection_does_not_depend_on_brightness_contrast_or_number_of_neurons():
    data = digits()
    x = data.project(40, seed=3).flat()
    np.testing.assert_array_equal(made(data.images * 4 + 7, data.labels).project(40, seed=3).flat(), x)
    np.testing.assert_array_equal(data.project(25, seed=3).flat(), x[:, :25])
    assert (data.project(40, seed=4).flat() != x).mean() > 0.4


def test_a_selection_has_equal_classes_and_grows_without_changing():
    data = digits()
    few, more = data.select([7, 2], per_class=10, seed=4), data.select([2, 7, 0], per_class=25, seed=4)
    assert few.labels.tolist() == [7] * 10 + [2] * 10 and more.counts == {0: 25, 2: 25, 7: 25}
    np.testing.assert_array_equal(few.images[10:], more.images[:10])
    np.testing.assert_array_equal(few.images[:10], more.images[25:35])
    places = [[np.flatnonzero((data.images[data.labels == c] == image).all((1, 2))).item() for image in few.images[few.labels == c]] for c in (7, 2)]
    assert places[0] != places[1]   # each class has its own draw
    assert len({image.tobytes() for image in more.images}) == 75   # digits has no image twice
    assert (data.select([7, 2], per_class=10, seed=5).images != few.images).any()
    everything = data.select()
    assert set(everything.counts.values()) == {174}
    for image, label in zip(more.images[::9], more.labels[::9]):
        assert data.labels[(data.images == image).all((1, 2))].tolist() == [label]


def test_a_split_is_stratified():
    data = digits()
    train, test = data.split(0.25, seed=2)
    assert test.counts == {c: round(0.25 * n) for c, n in data.counts.items()}
    assert sorted(i.tobytes() for i in [*train.images, *test.images]) == sorted(i.tobytes() for i in data.images)
    again = data.split(0.25, seed=2)[1]
    np.testing.assert_array_equal(again.images, test.images)
    assert (data.split(0.25, seed=3)[1].images != test.images).any()
    small, one = made(SIGNS[:5], np.array([0, 0, 1, 1, 1])).split(0.01)
    assert one.counts == {0: 1, 1: 1} and small.counts == {0: 1, 1: 2}


def test_examples_are_stacked_by_class():
    labels = np.array([4, 1, 4, 1, 9, 9])
    x, classes = made(SIGNS[:6], labels).examples()
    assert x.shape == (3, 2, 20) and x.dtype == np.int8 and classes.tolist() == [1, 4, 9]
    np.testing.assert_array_equal(x, SIGNS[[1, 3, 0, 2, 4, 5]].reshape(3, 2, 20))


def test_the_history_is_json_and_repeats_the_work():
    data = digits()
    done = data.resample(6, 6).binarize("mean", per="pixel").balance(0.8).decorrelate(0.6).select([1, 5], seed=9)
    done = done.split(0.3, seed=1)[1].project(9, 5, 2)
    again = data
    for step in json.loads(json.dumps(done.history))[1:]:
        name, part = step.pop("step"), step.pop("part", None)
        step.pop("kept", None)
        again = getattr(again, name)(**step)
        again = again[part == "test"] if part else again
    np.testing.assert_array_equal(again.images, done.images)
    assert again.history == done.history and len(done.history) == 8 and "decorrelate" in repr(done)


def test_a_dataset_is_frozen():
    data = made(SIGNS)
    with pytest.raises(ValueError, match="read-only"):
        data.images[0, 0, 0] = 1
    with pytest.raises(AttributeError):
        data.name = "other"


@pytest.mark.parametrize("call, words", [
    (lambda: made(IMAGES).balance(), ["balance", "of the 36 entries", "binarize"]),
    (lambda: made(IMAGES).decorrelate(), ["decorrelate", "36", "binarize"]),
    (lambda: made(np.where(SIGNS > 0, 1, 0)).examples(), [f"{(SIGNS < 0).sum()} of the 800 entries"]),
    (lambda: made(SIGNS[:3], np.array([0, 0, 1])).examples(), ["{0: 2, 1: 1}", "select"]),
    (lambda: made(SIGNS[:3], np.array([0, 0, 1])).split(), ["one image", "{0: 2, 1: 1}"]),
    (lambda: made(SIGNS[:3], np.array([0, 0, 1])).select(per_class=2), ["per_class = 2", "class 1 has 1", "{0: 2, 1: 1}"]),
    (lambda: made(SIGNS).select([0, 3]), ["no images of class 3", "{0: 40}"]),
    (lambda: made(SIGNS).select([]), ["classes = []", "at least one"]),
    (lambda: made(SIGNS).select([0, 0]), ["each once"]),
    (lambda: made(SIGNS).select(["zero"]), ["integers"]),
    (lambda: made(SIGNS).select(seed=-1), ["seed = -1"]),
    (lambda: made(SIGNS).split(1.0), ["test_fraction = 1"]),
    (lambda: made(SIGNS).binarize("modus"), ["threshold", "median"]),
    (lambda: made(SIGNS).binarize("mean", per="pixels"), ["per", "'pixel'"]),
    (lambda: made(SIGNS).binarize(0.5, per="pixel"), ["per = 'pixel'", "one threshold"]),
    (lambda: made(SIGNS).binarize(np.nan), ["threshold", "finite"]),
    (lambda: made(SIGNS).balance(1.5), ["bound = 1.5", "<= 1"]),
    (lambda: made(SIGNS).resample(0, 3), ["rows = 0"]),
    (lambda: made(SIGNS[0]), ["images", "(n, rows, cols)"]),
    (lambda: made(SIGNS * np.inf), ["images", "finite"]),
    (lambda: made(SIGNS, LABELS), ["labels", "(40,)"]),
    (lambda: datasets.effective_quality(SIGNS[:, :1]), ["M = 1"]),
    (lambda: datasets.effective_quality(SIGNS[0]), ["examples", "(K, M, N)"]),
    (lambda: datasets.effective_quality(SIGNS * 2), ["examples", "+1 or -1"]),
    (lambda: datasets.correlations(SIGNS), ["patterns", "(K, N)"])])
def test_errors_name_the_parameter_and_give_the_counts(call, words):
    with pytest.raises(hn.ParameterError) as error:
        call()
    assert all(word in str(error.value) for word in words), str(error.value)


# ---------------------------------------------------------------- measures

def test_quality_of_small_examples_by_their_definitions():
    M, N = 5, 20
    x = SIGNS[:15].reshape(3, M, N).astype(int)
    x[0, :, :12] = 1          # overlaps well above 0; the others are noise
    found = datasets.effective_quality(x)
    for k in range(3):
        pairs = [x[k, a] @ x[k, b] / N for a in range(M) for b in range(M) if a != b]
        sign = [1 if sum(x[k, :, i]) > 0 else -1 for i in range(N)]
        assert datasets.archetypes(x)[k].tolist() == sign
        assert found.R[k] == pytest.approx(np.mean([sum(x[k, :, i]) ** 2 / M**2 for i in range(N)]))
        assert found.r_sign[k] == pytest.approx(np.mean([x[k, a] @ sign / N for a in range(M)]))
        assert found.r[k] == pytest.approx(np.sqrt(max(np.mean(pairs), 0)))
        assert found.rho[k] == pytest.approx((1 - found.r[k]**2) / (M * found.r[k]**2) if found.r[k] else np.inf)
    assert found.r[0] > 0.5


def drawn(quality, M, N, rng):
    """Three archetypes (3, N) and examples (3, M, N) whose entries agree with them with probability (1 + quality)/2."""
    archetypes = rng.choice([-1, 1], (3, N))
    return archetypes, archetypes[:, None] * np.where(rng.random((3, M, N)) < (1 + np.asarray(quality)) / 2, 1, -1)


def test_quality_finds_what_was_drawn():
    rng = np.random.default_rng(5)
    archetypes, x = drawn(0.4, 9, 20_000, rng)
    found = datasets.effective_quality(x)
    np.testing.assert_allclose(found.r, 0.4, atol=0.01)
    np.testing.assert_allclose(found.rho, (1 - 0.4**2) / (9 * 0.4**2), rtol=0.05)
    assert (datasets.archetypes(x) == archetypes).mean() == pytest.approx(0.90, abs=0.01)   # binomial: P(at least 5 of 9) at 0.7 is 0.9012
    halves = datasets.effective_quality(drawn([0.0, 0.8] * 2_000, 201, 4_000, rng)[1])
    np.testing.assert_allclose(halves.r, np.sqrt(0.32), atol=0.01)                          # the mean of r_i**2, not of r_i
    np.testing.assert_allclose(halves.r_sign, 0.4 + np.sqrt(2 / (np.pi * 201)) / 2, atol=0.01)
    noise = datasets.effective_quality(drawn(0.0, 101, 4_000, rng)[1])
    np.testing.assert_allclose(noise.r_sign, np.sqrt(2 / (np.pi * 101)), rtol=0.03)
    assert (noise.r < 0.03).all()
    assert [v.item() for v in datasets.effective_quality([[[1, -1], [-1, 1]]])] == [0, 0, np.inf, 0]   # r**2 = -1


def test_ties_and_overlaps_of_archetypes():
    assert datasets.archetypes([[[1, -1, 1], [-1, -1, 1]]]).tolist() == [[1, -1, 1]]
    c = datasets.correlations([[1, 1, 1, 1], [1, 1, 1, -1], [-1, -1, 1, 1]])
    assert c.tolist() == [[1, 0.5, 0], [0.5, 1, -0.5], [0, -0.5, 1]]


def test_digits_become_patterns_of_a_network():
    """Projected class archetypes are near random ones: all ten are fixed points at T = 0."""
    x = datasets.archetypes(digits().project(300, seed=1).select(seed=1).examples()[0])
    assert np.abs(datasets.correlations(x) - np.eye(10)).max() < 0.4
    run = hn.simulate("dense", P=4, T=0.0, patterns=x, start="pattern", dynamics="zero-temperature", engine="numpy", thermalize=2, measure=1,
                      disorder=1, chains=1)
    assert run.m.values.item() == 1
