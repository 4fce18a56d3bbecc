"""BLAKE2b of two whole numbers under a key, compiled (RFC 7693): what ``hashlib`` gives, in less time.

``hashlib`` goes through the key again for each hash. Here the key has been gone through once, when a
:func:`beginning` was made, and a loop can ask for hashes without leaving compiled code.
"""

import numpy as np

from cmsim.core.compilation import kernel
from cmsim.core.numeric import Words

_U = np.uint64
_BLOCK, _WORDS, _DIGEST, _PAIR = 128, 16, 8, 16
_MESSAGE = 8
"""Where the block begins in a beginning; before it stands what the key has left, after it the length."""
_START = np.array(
    (
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ),
    _U,
)  # fmt: skip
_ORDER = np.array(
    (
        (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        (14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3),
        (11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4),
        (7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8),
        (9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13),
        (2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9),
        (12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11),
        (13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10),
        (6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5),
        (10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0),
        (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        (14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3),
    ),
    _U,  # as indices these need no look whether they count from the end
)


def beginning(prefix: bytes, key: bytes) -> Words:
    """Return the state once a key, of 1 to 64 bytes, and the beginning of a message have been read.

    Raises:
        ValueError: what follows the beginning would not fit into its block.
    """
    if len(prefix) > _BLOCK - _PAIR:
        raise ValueError(f"given {len(prefix)} bytes to begin with; allowed: up to {_BLOCK - _PAIR} bytes")
    state, left = np.zeros(_MESSAGE + _WORDS + 1, _U), _START.copy()
    left[0] ^= _U(0x01010000 | len(key) << 8 | _DIGEST)
    _compress(left, np.frombuffer(key.ljust(_BLOCK, b"\0"), _U), _U(_BLOCK), _U(0), left)
    state[:_MESSAGE] = left
    state[_MESSAGE : _MESSAGE + _WORDS] = np.frombuffer(prefix.ljust(_BLOCK, b"\0"), _U)
    state[-1] = len(prefix)
    return state


@kernel
def word(state: Words, first: int, second: int) -> np.uint64:
    """Return the hash of a beginning followed by two whole numbers of eight bytes, as one word."""
    block, out = np.empty(_WORDS, np.uint64), np.empty(_MESSAGE, np.uint64)
    for place in range(_WORDS):
        block[place] = state[_MESSAGE + place]
    length = state[_MESSAGE + _WORDS]
    begins, shift = np.int64(length >> _U(3)), (length & _U(7)) << _U(3)
    block[begins] |= _U(first) << shift
    block[begins + 1] |= _U(second) << shift
    if shift:  # the numbers do not begin where a word does
        block[begins + 1] |= _U(first) >> (_U(64) - shift)
        block[begins + 2] |= _U(second) >> (_U(64) - shift)
    _compress(state, block, _U(_BLOCK + _PAIR) + length, ~_U(0), out)
    return out[0]


@kernel
def _compress(h: Words, m: Words, count: np.uint64, last: np.uint64, out: Words) -> None:
    """Take a block ``m`` into the state ``h``; ``count`` bytes are read by then, ``last`` marks the end."""
    a0, a1, a2, a3, b0, b1, b2, b3 = h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
    c0, c1, c2, c3 = _START[0], _START[1], _START[2], _START[3]
    d0, d1, d2, d3 = _START[4] ^ count, _START[5], _START[6] ^ last, _START[7]
    for turn in range(len(_ORDER)):
        s = _ORDER[turn]
        a0, b0, c0, d0 = _mix(a0, b0, c0, d0, m[s[0]], m[s[1]])
        a1, b1, c1, d1 = _mix(a1, b1, c1, d1, m[s[2]], m[s[3]])
        a2, b2, c2, d2 = _mix(a2, b2, c2, d2, m[s[4]], m[s[5]])
        a3, b3, c3, d3 = _mix(a3, b3, c3, d3, m[s[6]], m[s[7]])
        a0, b1, c2, d3 = _mix(a0, b1, c2, d3, m[s[8]], m[s[9]])
        a1, b2, c3, d0 = _mix(a1, b2, c3, d0, m[s[10]], m[s[11]])
        a2, b3, c0, d1 = _mix(a2, b3, c0, d1, m[s[12]], m[s[13]])
        a3, b0, c1, d2 = _mix(a3, b0, c1, d2, m[s[14]], m[s[15]])
    out[0], out[1] = h[0] ^ a0 ^ c0, h[1] ^ a1 ^ c1
    out[2], out[3] = h[2] ^ a2 ^ c2, h[3] ^ a3 ^ c3
    out[4], out[5] = h[4] ^ b0 ^ d0, h[5] ^ b1 ^ d1
    out[6], out[7] = h[6] ^ b2 ^ d2, h[7] ^ b3 ^ d3


@kernel
def _mix(
    a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64, x: np.uint64, y: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    a = a + b + x
    d = _turned(d ^ a, _U(32))
    c = c + d
    b = _turned(b ^ c, _U(24))
    a = a + b + y
    d = _turned(d ^ a, _U(16))
    c = c + d
    return a, _turned(b ^ c, _U(63)), c, d


@kernel
def _turned(x: np.uint64, bits: np.uint64) -> np.uint64:
    return (x >> bits) | (x << (_U(64) - bits))
