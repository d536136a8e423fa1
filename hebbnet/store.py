"""Labelled arrays in HDF5 with netCDF-4 conventions: written whole or not at all, verified whenever they are read.

A file is built in memory, written under a temporary name in the same folder, flushed, fsynced and renamed, so that a crash, a
kill or a full disk never leaves half a file under the final name.  The root attribute `digest` covers names, dimensions, dtypes,
shapes, bytes and attributes, so that a flipped byte is an error and never a wrong number.  The format: docs/files.md.
"""
import functools
import hashlib
import itertools
import json
import math
import os
import re
import socket
import time
import uuid
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from . import __version__
from .observables import describe

SCHEMA = 1
VOLATILE = ("wall_time", "created", "host", "commit")   # may differ between two runs of the same study; not in the digest
_TEXT = h5py.string_dtype()
_TEXT_ID = h5py.h5t.py_create(_TEXT, logical=True)
MIGRATIONS = {SCHEMA: lambda contents: contents}   # schema_version -> Contents of that version as Contents of this one; none is ever removed
_MACHINERY = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates"}
_SEAL = b"\nhebbnet sha256 "   # and the hash of all bytes before it: a last line behind the HDF5 image, which HDF5 ignores
_SEAL_BYTES = len(_SEAL) + 64
_DAY = 86_400
SYNC_EVERY = 1.0   # seconds
_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_images = itertools.count()   # names in memory: HDF5 knows its open files by name, and workers may be threads of one process
_synced = {}       # folder -> when this process last synced it


class StoreError(ValueError):
    """A file cannot be used or written; the message says which, got, expected and the next step."""


class DamagedError(StoreError):
    """The bytes of the file are not what was written: truncated, flipped, or not HDF5 at all."""


class Variable(NamedTuple):
    """One labelled array: `dims` names its axes; `values` is a NumPy array, `attributes` are strings, numbers or 1-D arrays."""

    dims: tuple
    values: np.ndarray
    attributes: dict = {}


class Contents(NamedTuple):
    """What a file holds: {name: Variable} and the root attributes."""

    variables: dict
    attributes: dict


def to_json(value):
    """Canonical JSON: sorted keys, no spaces, shortest floats that read back the same.  TypeError or ValueError otherwise."""
    return _encoder.encode(value)


# ---------------------------------------------------------------- what is stored

def _stored(name, dims, values, attributes, labels=True):
    """The variable as it lies in the file: little-endian numbers, objects that are str, or int8 marked dtype="bool"."""
    dims = (dims,) if isinstance(dims, str) else tuple(dims)
    for word in (name, *dims):
        if not re.fullmatch(r"[A-Za-z_]\w*", word):
            raise TypeError(f"{word!r} cannot name a variable or dimension: use letters, digits and _")
    values = np.asarray(values)
    if values.ndim != len(dims) or len(set(dims)) < len(dims):
        raise TypeError(f"{name} has shape {values.shape} and dims {dims}: give one different name per axis")
    attributes = {**describe(name), **attributes} if labels else dict(attributes)
    if values.dtype.kind == "b":
        values, attributes["dtype"] = values.astype(np.int8), "bool"
    elif values.dtype.kind in "UTO" and all(isinstance(v, str) for v in values.flat):
        values = values.astype(object)
    elif values.dtype.kind in "iuf" and values.dtype.itemsize <= 8:
        values = values.astype(values.dtype.newbyteorder("<"))
    else:
        raise TypeError(f"{name} has dtype {values.dtype}; expected numbers of at most 8 bytes, bool or str")
    return Variable(dims, np.asarray(values, order="C"), {k: _attribute(k, v) for k, v in attributes.items()})


def plain_attribute(value):
    """An entry of an array as an attribute: str, int or float."""
    return str(value) if isinstance(value, str) else value.item()


def _attribute(name, value):
    """An attribute as it is stored and returned: str, int, float or a 1-D array of numbers.  Booleans become 0 and 1."""
    if isinstance(value, bytes | str):
        return value.decode() if isinstance(value, bytes) else str(value)
    array = np.asarray(value)
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iuf" or array.ndim > 1:
        raise TypeError(f"attribute {name} = {value!r}: expected a string, a number or a list of numbers; use JSON for the rest")
    return array.item() if array.ndim == 0 else array


def _number(value):
    """Numeric attributes have 64 bits in the file; seeds may need all of them without sign."""
    if isinstance(value, int):
        return np.int64(value) if value < 2 ** 63 else np.uint64(value)
    return value


def digest_of(variables, attributes):
    """sha256 over everything but the volatile root attributes, each piece with its length so that none can slide into the next."""
    total = hashlib.sha256()

    def put(*pieces):
        for piece in pieces:
            raw = piece if isinstance(piece, bytes) else str(piece).encode()
            total.update(len(raw).to_bytes(8, "little") + raw)

    def put_array(array):
        if array.dtype.kind == "O":
            put("str", array.shape, *array.flat)
        else:
            little = array.astype(array.dtype.newbyteorder("<"), copy=False)
            put(f"{little.dtype.kind}{little.dtype.itemsize}", array.shape, little.tobytes())

    def put_attributes(items):
        for name in sorted(items):
            put(name)
            value = _number(items[name])
            put("text", value) if isinstance(value, str) else put_array(np.asarray(value))

    for name in sorted(variables):
        put("variable", name, *variables[name].dims)
        put_array(variables[name].values)
        put_attributes(variables[name].attributes)
    put("root")
    put_attributes({k: v for k, v in attributes.items() if k not in VOLATILE and k != "digest"})
    return total.hexdigest()


def _from_dataset(dataset, attributes):
    variables = {name: (v.dims, v.values, v.attrs) for name, v in dataset.variables.items()}
    scalars = [str(name) for name in dataset.coords if name not in dataset.dims]
    return variables, {**dataset.attrs, **({"coordinates": " ".join(scalars)} if scalars else {}), **attributes}


# ---------------------------------------------------------------- writing

def write(path, data, attributes=None, *, labels=True):
    """Commit `data` to `path` in one step, replacing what is there, and return the path.

    data: an xarray.Dataset, or {name: (dims, values)} or {name: (dims, values, attributes)} with values of float, int, bool or
    str.  A dimension without a coordinate of its own name gets 0, 1, 2, ...  attributes: root attributes, such as seed and study;
    schema_version, hebbnet_version, commit, created, host and digest are added.  labels: whether variables get their long_name, units and
    symbol (task files go without, since merged ones have them).  Raises TypeError for data that cannot be stored
    and StoreError if the disk or the folder refuses; then nothing is left behind, and an older file at `path` is intact.
    """
    path, attributes = Path(path), dict(attributes or {})
    if hasattr(data, "data_vars"):
        data, attributes = _from_dataset(data, attributes)
    variables = {}
    for name, (dims, values, *rest) in data.items():
        variables[name] = _stored(name, dims, values, rest[0] if rest else {}, labels)
    sizes = {}
    for name, variable in variables.items():
        for dim, size in zip(variable.dims, variable.values.shape, strict=True):
            if sizes.setdefault(dim, size) != size:
                raise TypeError(f"dimension {dim} has length {size} in {name} and {sizes[dim]} elsewhere; the lengths must agree")
    for dim, size in sizes.items():
        variables.setdefault(dim, _stored(dim, (dim,), np.arange(size), {}, labels))
        if variables[dim].dims != (dim,):
            raise TypeError(f"{dim} is a dimension, so the variable {dim} must have dims ({dim!r},), not {variables[dim].dims}")
    attributes = {"schema_version": SCHEMA, "hebbnet_version": __version__, **attributes, "commit": _commit(),
                  "created": now(), "host": socket.gethostname()}
    attributes = {k: _attribute(k, v) for k, v in attributes.items()}
    attributes["digest"] = digest_of(variables, attributes)
    try:
        image = _image(variables, attributes)
    except OSError as e:
        raise _unwritable(path, e) from e
    return commit(path, image)


def _image(variables, attributes):
    """The bytes of the file.  HDF5 works in memory, because it cannot be trusted to close a file on a full disk."""
    access, creation = h5py.h5p.create(h5py.h5p.FILE_ACCESS), h5py.h5p.create(h5py.h5p.FILE_CREATE)
    access.set_fapl_core(1 << 16, False)
    access.set_libver_bounds(h5py.h5f.LIBVER_V18, h5py.h5f.LIBVER_V18)   # opens since 2008, and its headers carry checksums
    order = h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED
    creation.set_link_creation_order(order)   # netCDF-4 asks for it
    creation.set_attr_creation_order(order)
    creation.set_obj_track_times(False)       # same data, same bytes
    with h5py.File(h5py.h5f.create(b"hebbnet-%d" % next(_images), h5py.h5f.ACC_TRUNC, fcpl=creation, fapl=access)) as file:
        for name, value in attributes.items():
            _put_attribute(file, name, value)
        scales = {dim for variable in variables.values() for dim in variable.dims}
        for name in sorted(variables, key=lambda name: name not in scales):   # scales first: the others attach to them
            dims, values, attrs = variables[name]
            dataset = file.create_dataset(name, data=values, dtype=_TEXT if values.dtype.kind == "O" else values.dtype)
            for key, value in attrs.items():
                _put_attribute(dataset, key, value)
            if name in scales:
                dataset.make_scale(name)
            else:
                for axis, dim in enumerate(dims):
                    dataset.dims[axis].attach_scale(file[dim])
        file.flush()
        image = file.id.get_file_image()
    return sealed(image)


def _put_attribute(owner, name, value):
    """owner.attrs[name] = value, without the checks that cost h5py ten times as much."""
    value = _number(value)
    array = np.array(value, _TEXT) if isinstance(value, str) else np.asarray(value)
    space = h5py.h5s.create_simple(array.shape) if array.ndim else h5py.h5s.create(h5py.h5s.SCALAR)
    kind = _TEXT_ID if isinstance(value, str) else h5py.h5t.py_create(array.dtype, logical=True)
    h5py.h5a.create(owner.id, name.encode(), kind, space).write(array)


def sealed(image):
    """The bytes with a last line that holds their sha256; `unsealed` checks it."""
    return image + _SEAL + hashlib.sha256(image).hexdigest().encode()


def unsealed(image):
    """The bytes before a seal that fits; ValueError if there is none or it does not."""
    image, seal = image[:-_SEAL_BYTES], image[-_SEAL_BYTES:]
    if seal != _SEAL + hashlib.sha256(image).hexdigest().encode():
        raise ValueError("its bytes do not match the sha256 in its last line")
    return image


def commit(path, image, durable=True):
    """Write bytes to `path` in one step, replacing what is there: temporary name, write, fsync, rename, fsync of the folder.

    The folder is synced at most once in SYNC_EVERY seconds, so that a power cut may take back the files of the last second.  durable: with
    False nothing is synced, for what can be lost.  Raises StoreError if the disk or the folder refuses; then nothing is left behind, and an
    older file at `path` is intact.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.{socket.gethostname()}.tmp"
        try:
            step("open", temporary)
            with temporary.open("xb") as file:
                file.write(image[:len(image) // 2])
                file.flush()
                step("write", temporary)
                file.write(image[len(image) // 2:])
                file.flush()
                if durable:
                    step("fsync", temporary)
                    os.fsync(file.fileno())
            step("rename", path)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)   # gone already after the rename; an exception or Ctrl-C leaves nothing
        if durable and time.monotonic() - _synced.get(path.parent, -math.inf) >= SYNC_EVERY:
            step("folder", path)
            sync(path.parent)
    except OSError as e:
        raise _unwritable(path, e) from e
    return path


def sync(folder):
    """Make the renames in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _synced[folder] = time.monotonic()


def _unwritable(path, error):
    return StoreError(f"{path} could not be written: {error}; expected a writable folder with free space: make room or choose another "
                      "folder, and run again")


def step(what, path):
    """Called before every step that changes the disk; does nothing.  The fault-injection tests replace it to kill or to fail there."""


def clean(folder):
    """Remove the temporary files of killed processes: those of this machine whose process is gone, and any older than a day."""
    for path in Path(folder).glob(".*.tmp"):
        writer = re.fullmatch(r".+\.(\d+)\.[0-9a-f]{8}\.(.+)\.tmp", path.name)
        if writer is None:
            continue
        try:
            if (writer[2] == socket.gethostname() and not _alive(int(writer[1]))) or time.time() - path.stat().st_mtime > _DAY:
                path.unlink()
        except OSError:
            pass   # its writer was quicker, or the folder is read-only


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:   # a killed process that nobody has waited for yet is dead all the same
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def set_aside(path, why="damaged"):
    """Rename a damaged file to `<name>.damaged` (`.damaged-2`, ... if taken) and return the new path."""
    path, number = Path(path), 1
    while (aside := path.with_name(f"{path.name}.{why}{f'-{number}' if number > 1 else ''}")).exists():
        number += 1
    step("rename", path)
    try:
        return path.rename(aside)
    except FileNotFoundError:
        raise
    except OSError as e:
        raise _unwritable(aside, e) from e


def now():
    """Universal time, as files have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@functools.cache
def _commit():
    """Git commit of the checkout that this package runs from, "" if it is not one; read from the files, git need not be there."""
    git = Path(__file__).resolve().parent.parent / ".git"
    try:
        if git.is_file():   # a worktree: its own HEAD, the branches of the main repository
            git = (git.parent / git.read_text().removeprefix("gitdir:").strip()).resolve()
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        common = (git / (git / "commondir").read_text().strip()) if (git / "commondir").exists() else git
        name = head.removeprefix("ref: ")
        if (common / name).exists():
            return (common / name).read_text().strip()
        return next(line.split()[0] for line in (common / "packed-refs").read_text().splitlines() if line.endswith(" " + name))
    except (OSError, StopIteration):
        return ""


# ---------------------------------------------------------------- reading

def read(path, *, sealed=False):
    """`Contents` of a hebbnet file, verified: every number and attribute is what was written.

    sealed: whether all bytes must be as hebbnet wrote them, as those of task files; otherwise another tool may have rewritten the file, and
    the contents alone are verified.  Raises StoreError if the file is missing, not written by hebbnet, or written in a newer schema, and
    its subclass DamagedError if it is truncated, not HDF5, or its digest does not match.
    """
    return _read(Path(path), sealed, contents=True)


def peek(path, *, sealed=False):
    """The root attributes alone, verified in the same way; quick where all bytes are under a seal.  Raises as `read` does."""
    return _read(Path(path), sealed, contents=False)


def _read(path, sealed, contents):
    image = bytes_of(path)
    attributes, variables, intact = {}, {}, False
    try:
        intact = _check_bytes(image)
        if sealed and not intact:
            raise ValueError("its last line, the sha256 of all before it, is missing")
        with h5py.File(h5py.h5f.open_file_image(image)) as file:
            ours = {"schema_version", "hebbnet_version", "digest"} <= set(file.attrs)
            attributes = _get_attributes(file) if ours else {}
            if ours and attributes["schema_version"] in MIGRATIONS and (contents or not intact):
                variables = {name: _read_variable(name, dataset) for name, dataset in file.items()}
                intact = intact or digest_of(variables, attributes) == attributes["digest"]
                variables = {name: _decoded(variable) for name, variable in variables.items()}
    except Exception as e:   # a damaged file can raise anything at all out of the HDF5 library
        why = " ".join(str(e).split())[:200]
        raise DamagedError(f"{path} ({len(image)} bytes) is not an intact HDF5 file: {why}; expected a complete hebbnet file: restore "
                           "it from a copy, or remove it and run the study again") from e
    if not ours:
        raise StoreError(f"{path} is an HDF5 file without hebbnet's schema_version, hebbnet_version and digest; expected a file "
                         "written by hebbnet: check the path")
    if attributes["schema_version"] not in MIGRATIONS:
        raise StoreError(f"{path} has schema_version {attributes['schema_version']}, written by hebbnet "
                         f"{attributes['hebbnet_version']}; this is hebbnet {__version__}, which reads version {SCHEMA}: upgrade hebbnet")
    if not intact:
        raise DamagedError(f"{path} is damaged: its contents do not match its digest {str(attributes['digest'])[:12]}...; expected "
                           "them to: restore it from a copy, or remove it and run the study again")
    migrated = MIGRATIONS[attributes["schema_version"]](Contents(variables, attributes))
    return migrated if contents else migrated.attributes


def bytes_of(path):
    """The bytes of a file; StoreError if it is missing or cannot be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise StoreError(f"{path} does not exist; expected a hebbnet file: check the path, or run the study that writes it"
                         ) from None
    except OSError as e:
        raise StoreError(f"{path} cannot be read: {e}; expected a hebbnet file (.h5)") from e


def _check_bytes(image):
    """Whether a seal covers all bytes.  ValueError if it is broken: the HDF5 library can loop forever over a flipped byte in its heaps."""
    if not image.startswith(b"\x89HDF\r\n\x1a\n"):
        raise ValueError("the file is empty" if not image else "it does not begin as an HDF5 file does")
    seal = image[-_SEAL_BYTES:]
    if seal.startswith(_SEAL):
        unsealed(image)
    return seal.startswith(_SEAL)


def _get_attributes(owner, without=()):
    """{name: value} of an HDF5 object, in the order of `list(owner.attrs)`; ten times as quick as reading owner.attrs."""
    found = {}
    for k in range(h5py.h5a.get_num_attrs(owner.id)):
        attribute = h5py.h5a.open(owner.id, index=k, index_type=h5py.h5.INDEX_CRT_ORDER, order=h5py.h5.ITER_INC)
        name = attribute.name.decode()
        if name not in without:
            value = np.empty(attribute.shape, attribute.dtype)
            attribute.read(value)
            found[name] = _attribute(name, value[()])
    return found


def _read_variable(name, dataset):
    dims = (name,) if dataset.is_scale else tuple(axis[0].name.lstrip("/") for axis in dataset.dims)
    values = dataset.asstr()[()] if h5py.check_string_dtype(dataset.dtype) else dataset[()]
    text = isinstance(values, str) or values.dtype.kind == "O"
    attributes = _get_attributes(dataset, _MACHINERY)
    return Variable(dims, np.asarray(values, dtype=object if text else None), attributes)


def _decoded(variable):
    dims, values, attributes = variable
    if values.dtype.kind == "O":
        return Variable(dims, values.astype(str), attributes)
    if attributes.get("dtype") == "bool":
        return Variable(dims, values.astype(bool), {k: v for k, v in attributes.items() if k != "dtype"})
    return variable


def open(path):
    """The file as an xarray.Dataset, verified and in memory.  Raises StoreError as `read` does."""
    import xarray
    variables, attributes = read(path)
    scalars = attributes.pop("coordinates", "").split()
    return xarray.Dataset({name: tuple(v) for name, v in variables.items()}, attrs=attributes).set_coords(scalars)


def info(path):
    """What the file says about itself: {'path', 'bytes', 'attributes', 'variables'}; JSON-able but for array attributes.

    `study` is decoded; a variable has dims, shape, dtype and, if known, long_name and units; booleans the fraction that is true.
    Raises StoreError as `read` does.
    """
    variables, attributes = read(path)
    attributes.pop("coordinates", None)
    for key in ("study", "point"):
        if key in attributes:
            attributes[key] = json.loads(attributes[key])
    table = {}
    for name, (dims, values, attrs) in variables.items():
        kind = "str" if values.dtype.kind == "U" else str(values.dtype)
        table[name] = {"dims": list(dims), "shape": list(values.shape), "dtype": kind,
                       **{k: attrs[k] for k in ("long_name", "units") if k in attrs}}
        if values.dtype.kind == "b" and values.size:
            table[name]["fraction_true"] = float(values.mean())
    return {"path": str(path), "bytes": Path(path).stat().st_size, "attributes": attributes, "variables": table}
