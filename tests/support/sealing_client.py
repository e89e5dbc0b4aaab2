"""A WinRM client that seals its messages, on GSSAPI: MS-WSMV 2.2.9.1.1 and 2.2.9.1.2, by Kerberos or NTLM.

    from sealing_client import KerberosLogin, NtlmLogin, SealingClient

    with SealingClient(balancer, NtlmLogin("CORP\\\\svc", "Secret-1"), address="127.0.0.21") as client:
        shell = client.open_shell()             # everything that wsman.Client can do
        client.run(shell, "hostname")
        client.logins                           # how often it had to log in

It keeps one connection and logs in on it before its first message; when the connection has ended, the next message
logs in anew and is sealed anew. The first message goes along with the last token of an NTLM login, as Windows sends it.
KerberosLogin needs KRB5_CONFIG in the environment of the process (apache_gssapi.Realm makes one).
"""

import base64
import re
import struct

try:
    import gssapi
    import gssapi.raw
except ImportError:  # its users skip, and say so
    gssapi = None

from wsman import SOAP, Client

SPNEGO_MESSAGE = "application/HTTP-SPNEGO-session-encrypted"
KERBEROS_MESSAGE = "application/HTTP-Kerberos-session-encrypted"
NTLM, SPNEGO, KERBEROS = "1.3.6.1.4.1.311.2.2.10", "1.3.6.1.5.5.2", "1.2.840.113554.1.2.2"
NTLM_SIGNATURE = 16  # bytes in front of a message sealed by NTLM (MS-NLMP 2.2.2.9)


class NtlmLogin:
    """NTLM under the scheme Negotiate, without SPNEGO around it, as Windows sends it."""

    scheme, protocol, split = "Negotiate", SPNEGO_MESSAGE, "by_size"

    def __init__(self, user, password):
        self.user, self.password = user, password

    def context(self):
        mechanism = gssapi.OID.from_int_seq(NTLM)
        name = gssapi.Name(self.user, gssapi.NameType.user)
        acquired = gssapi.raw.acquire_cred_with_password(name, self.password.encode(), mechs=[mechanism], usage="initiate")
        service = gssapi.Name("HTTP@any", gssapi.NameType.hostbased_service)
        return gssapi.SecurityContext(name=service, creds=gssapi.Credentials(acquired.creds), mech=mechanism, usage="initiate",
                                      flags=_flags())


class KerberosLogin:
    """A user's ticket, under the scheme Kerberos or inside SPNEGO under Negotiate."""

    split = "by_parts"

    def __init__(self, service, tickets, scheme="Kerberos"):
        self.service, self.tickets, self.scheme = service, tickets, scheme
        self.protocol = KERBEROS_MESSAGE if scheme == "Kerberos" else SPNEGO_MESSAGE

    def context(self):
        mechanism = gssapi.OID.from_int_seq(KERBEROS if self.scheme == "Kerberos" else SPNEGO)
        credentials = gssapi.Credentials(usage="initiate", mechs=[mechanism], store={"ccache": self.tickets})
        service = gssapi.Name(self.service, gssapi.NameType.hostbased_service)
        return gssapi.SecurityContext(name=service, creds=credentials, mech=mechanism, usage="initiate", flags=_flags())


def _flags():
    flag = gssapi.RequirementFlag
    return [flag.mutual_authentication, flag.confidentiality, flag.integrity, flag.out_of_sequence_detection]


class LoginFailed(Exception):
    pass


class SealingClient(Client):
    def __init__(self, target, login, timeout=30, address=None, tls=False):
        super().__init__(target, timeout=timeout, address=address, tls=tls)
        self.authorization = {}
        self._login, self._context, self._token = login, None, None
        self.logins = 0

    def begin(self, body, **headers):
        if self.connection.sock is None:
            self._log_in()
        data = body.encode() if isinstance(body, str) else body
        fields = {"Content-Type": f'multipart/encrypted;protocol="{self._login.protocol}";boundary="Encrypted Boundary"', **headers}
        if self._token:
            fields["Authorization"], self._token = self._token, None
        self.post(self._sealed(data), fields)

    def end(self):
        answer = self.answer()
        if answer.headers.get("Content-Type", "").startswith("multipart/encrypted"):
            answer.body = self._opened(answer)
        return answer

    def _log_in(self):
        self.logins += 1
        self._context = self._login.context()
        token = self._context.step()
        while True:
            said = self._login.scheme + " " + base64.b64encode(token).decode()
            if self._context.complete:  # the client is through, and the server will be by this token
                self._token = said
                return
            self.post(b"", {"Content-Type": SOAP, "Authorization": said})
            response = self.answer()
            challenge = response.headers.get("WWW-Authenticate", "")
            if not challenge.startswith(self._login.scheme + " "):
                raise LoginFailed(f"status {response.status}, {challenge!r}")
            token = self._context.step(base64.b64decode(challenge.split()[1]))
            if response.status == 200:
                if not self._context.complete:
                    raise LoginFailed("the server is through, the client is not")
                return

    def _sealed(self, clear):
        if self._login.split == "by_size":
            whole = self._context.wrap(clear, True).message
            signature, sealed = whole[:NTLM_SIGNATURE], whole[NTLM_SIGNATURE:]
        else:
            kinds = gssapi.raw.IOVBufferType
            parts = gssapi.raw.IOV((kinds.header, True), clear, (kinds.padding, True), std_layout=False)
            gssapi.raw.wrap_iov(self._context, parts)
            signature, sealed = parts[0].value, parts[1].value + (parts[2].value or b"")
        return (f"--Encrypted Boundary\r\n\tContent-Type: {self._login.protocol}\r\n"
                f"\tOriginalContent: type={SOAP};Length={len(clear)}\r\n"
                "--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n".encode()
                + struct.pack("<I", len(signature)) + signature + sealed + b"--Encrypted Boundary--\r\n")

    def _opened(self, answer):
        assert self._login.protocol in answer.headers["Content-Type"]
        length = int(re.search(rb"Length=(\d+)\r\n", answer.body)[1])
        start = answer.body.index(b"octet-stream\r\n") + len(b"octet-stream\r\n")
        payload = answer.body[start:answer.body.rindex(b"--Encrypted Boundary--")]
        clear = self._context.unwrap(payload[4:]).message
        assert len(clear) == length
        return clear
