"""Extended public keys: which scripts a wallet is paid to (BIP32, 44, 49, 84), by public arithmetic alone.

Private keys never come near Coffer. A script is named by its hash, as Electrum and Esplora do, so that no
address has to be written.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

P = 2**256 - 2**32 - 977  # secp256k1: y² = x³ + 7 over this prime
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
Point = tuple[int, int]


class BadKey(ValueError):
    """What is wrong with a key, without the key."""


@dataclass(frozen=True)
class PublicKey:
    """A point of the curve with its chain code: enough for all keys below it that are not hardened."""

    point: Point
    chain_code: bytes

    def child(self, index: int) -> "PublicKey":
        """CKDpub of BIP32."""
        data = _compressed(self.point) + index.to_bytes(4, "big")
        digest = hmac.new(self.chain_code, data, hashlib.sha512).digest()
        tweak = int.from_bytes(digest[:32], "big")
        point = _add(_multiply(G, tweak), self.point) if tweak < N else None
        if point is None:  # one of 2¹²⁷ keys; BIP32 says to go on with the next
            raise BadKey(f"has no child {index}")
        return PublicKey(point, digest[32:])


def read_key(text: str) -> tuple[PublicKey, str]:
    """An xpub, ypub or zpub: its key, and the kind of script that its prefix stands for."""
    payload = _from_base58check(text)
    kinds = {"0488b21e": "p2pkh", "049d7cb2": "p2sh-p2wpkh", "04b24746": "p2wpkh"}
    kind = kinds.get(payload[:4].hex())
    if len(payload) != 78 or kind is None:
        raise BadKey("is no extended public key of the main network (xpub, ypub, zpub)")
    return PublicKey(_decompressed(payload[45:]), payload[13:45]), kind


def script_hash(key: PublicKey, kind: str) -> str:
    """SHA-256 of the script that pays to a key, bytes reversed, in hexadecimal digits."""
    return hashlib.sha256(SCRIPTS[kind](_hash160(_compressed(key.point)))).digest()[::-1].hex()


SCRIPTS: dict[str, Callable[[bytes], bytes]] = {
    "p2pkh": lambda owner: b"\x76\xa9\x14" + owner + b"\x88\xac",
    "p2sh-p2wpkh": lambda owner: b"\xa9\x14" + _hash160(b"\x00\x14" + owner) + b"\x87",
    "p2wpkh": lambda owner: b"\x00\x14" + owner,
}


def _hash160(data: bytes) -> bytes:
    try:
        return hashlib.new("ripemd160", hashlib.sha256(data).digest()).digest()
    except ValueError:
        raise BadKey("needs RIPEMD-160, which the OpenSSL of this Python lacks") from None


def _from_base58check(text: str) -> bytes:
    number = 0
    for character in text:
        if character not in BASE58:
            raise BadKey("holds a character that no key has")
        number = number * 58 + BASE58.index(character)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    payload, checksum = data[:-4], data[-4:]
    if hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4] != checksum:
        raise BadKey("has a wrong checksum: a character was lost or changed")
    return payload


def _compressed(point: Point) -> bytes:
    return bytes([2 + point[1] % 2]) + point[0].to_bytes(32, "big")


def _decompressed(data: bytes) -> Point:
    x = int.from_bytes(data[1:], "big")
    y = pow(x**3 + 7, (P + 1) // 4, P)
    if data[0] not in (2, 3) or x >= P or (y * y - x**3 - 7) % P:
        raise BadKey("is no point of the curve")
    return x, y if y % 2 == data[0] % 2 else P - y


def _add(a: Point | None, b: Point | None) -> Point | None:
    """The sum of two points; None is the neutral one."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] * a[0] * pow(2 * a[1], -1, P)) if a == b else ((b[1] - a[1]) * pow(b[0] - a[0], -1, P))
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _multiply(point: Point | None, times: int) -> Point | None:
    total = None
    while times:
        if times & 1:
            total = _add(total, point)
        point, times = _add(point, point), times >> 1
    return total
