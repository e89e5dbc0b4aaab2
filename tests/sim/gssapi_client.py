"""A Kerberos login and message sealing by GSSAPI, as the WinRM clients do it: header, data and padding apart."""

import ctypes

KERBEROS = bytes.fromhex("2a864886f712010202")
HOST_BASED = bytes.fromhex("2a864886f71201020104")
MUTUAL, CONFIDENTIAL, INTEGRITY = 2, 16, 32
HEADER, DATA, PADDING = 2, 1, 9
ALLOCATE = 0x10000


class Buffer(ctypes.Structure):
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_void_p)]

    def bytes(self):
        return ctypes.string_at(self.value, self.length) if self.length else b""


class Oid(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint32), ("elements", ctypes.c_char_p)]


class ChannelBindings(ctypes.Structure):
    _fields_ = [("initiator_type", ctypes.c_uint32), ("initiator", Buffer), ("acceptor_type", ctypes.c_uint32),
                ("acceptor", Buffer), ("data", Buffer)]


class IovBuffer(ctypes.Structure):
    _fields_ = [("type", ctypes.c_uint32), ("buffer", Buffer)]


def buffer_of(data):
    keep = ctypes.create_string_buffer(data, len(data))
    buffer = Buffer(len(data), ctypes.cast(keep, ctypes.c_void_p))
    buffer.keep = keep
    return buffer


class Context:
    """A security context with `service`, e.g. HTTP@winrm.test; the ticket comes from $KRB5CCNAME.

    `channel` is what the login is bound to, e.g. b"tls-server-end-point:..."; None: nothing.
    """

    def __init__(self, service, channel=None):
        self.channel = None if channel is None else buffer_of(channel)
        self.bindings = None if channel is None else ctypes.byref(ChannelBindings(data=self.channel))
        self.gssapi = ctypes.CDLL("libgssapi_krb5.so.2")
        self.minor, self.context, self.name = ctypes.c_uint32(), ctypes.c_void_p(), ctypes.c_void_p()
        self.mechanism = Oid(len(KERBEROS), KERBEROS)
        kind = Oid(len(HOST_BASED), HOST_BASED)
        text = buffer_of(service.encode())
        self._check(self.gssapi.gss_import_name(ctypes.byref(self.minor), ctypes.byref(text), ctypes.byref(kind),
                                                 ctypes.byref(self.name)))

    def _check(self, major):
        assert major & 0xFFFF0000 == 0, f"GSSAPI says {major:#x}, {self.minor.value}"

    def step(self, token=b""):
        given, made = buffer_of(token), Buffer()
        self._check(self.gssapi.gss_init_sec_context(
            ctypes.byref(self.minor), None, ctypes.byref(self.context), self.name, ctypes.byref(self.mechanism),
            MUTUAL | CONFIDENTIAL | INTEGRITY, 0, self.bindings, ctypes.byref(given), None, ctypes.byref(made), None, None))
        return made.bytes()

    def seal(self, clear):
        data = buffer_of(clear)
        parts = (IovBuffer * 3)(IovBuffer(HEADER | ALLOCATE), IovBuffer(DATA, data), IovBuffer(PADDING | ALLOCATE))
        self._check(self.gssapi.gss_wrap_iov(ctypes.byref(self.minor), self.context, 1, 0, None, parts, 3))
        return parts[0].buffer.bytes(), parts[1].buffer.bytes() + parts[2].buffer.bytes()

    def open(self, signature, sealed):
        header, data = buffer_of(signature), buffer_of(sealed)
        parts = (IovBuffer * 3)(IovBuffer(HEADER, header), IovBuffer(DATA, data), IovBuffer(PADDING))
        self._check(self.gssapi.gss_unwrap_iov(ctypes.byref(self.minor), self.context, None, None, parts, 3))
        return parts[1].buffer.bytes()
