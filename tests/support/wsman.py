"""Raw WinRM messages, for what the usual clients do not do: written out, so that the tests do not trust a library.

    from wsman import Client, command, receive

    client = Client(balancer, address="127.0.0.21")     # or a WinrmSim, or a ("127.0.0.1", 5985); login by Basic
    shell = client.open_shell()
    client.run(shell, "hostname")                       # "ps1": Command, Receive until done, Signal
    answer = client.ask(command(shell, "hostname"))     # one request on the client's one connection
    answer.status, answer.fault, answer.text("CommandId")
    client.begin(receive(shell, id)); client.end()      # the same in two steps
"""

import base64
import contextlib
import http.client
import ssl
import uuid
import xml.etree.ElementTree as ElementTree

from balancer import address_of
from winrm_sim import DEFAULT_USERS

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CMD = f"{SHELL}/cmd"
POWERSHELL = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
SOAP = "application/soap+xml;charset=UTF-8"
NO_OUTPUT_YET = 2150858793  # a poll that ended in its time: no fault to anybody
NO_SUCH_SHELL = 2150858843
IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body>'
    "<wsmid:Identify/></s:Body></s:Envelope>")


def new_id():
    return str(uuid.uuid4()).upper()


def envelope(action, body="", *, resource=CMD, shell=None, timeout="PT20S", session=None, operation=None, again=False, message=None):
    if not action.startswith("http"):
        action = f"{SHELL}/{action}"
    selector = f'<w:SelectorSet><w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet>' if shell else ""
    session = f"<p:SessionId>uuid:{session}</p:SessionId>" if session else ""
    operation = (f'<p:OperationID s:mustUnderstand="{str(again).lower()}">uuid:{operation}</p:OperationID>'
                 if operation else "")
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"'
        ' xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"'
        ' xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"'
        f' xmlns:rsp="{SHELL}"><s:Header><a:To>http://any:5985/wsman</a:To><w:ResourceURI>{resource}</w:ResourceURI>'
        f"<a:Action>{action}</a:Action><a:MessageID>uuid:{message or new_id()}</a:MessageID>{session}{operation}{selector}"
        f"<w:OperationTimeout>{timeout}</w:OperationTimeout></s:Header><s:Body>{body}</s:Body></s:Envelope>")


def create(**more):
    return envelope(f"{TRANSFER}/Create", "<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>"
                    "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>", **more)


def create_pool(shell, **more):
    return envelope(f"{TRANSFER}/Create",
                    f'<rsp:Shell ShellId="{shell}"><creationXml xmlns="http://schemas.microsoft.com/powershell">'
                    "</creationXml></rsp:Shell>", resource=POWERSHELL, **more)


def delete(shell, **more):
    return envelope(f"{TRANSFER}/Delete", shell=shell, **more)


def command(shell, line, **more):
    return envelope("Command", f"<rsp:CommandLine><rsp:Command>{line}</rsp:Command></rsp:CommandLine>", shell=shell, **more)


def receive(shell, command_id="", **more):
    attribute = f' CommandId="{command_id}"' if command_id else ""
    return envelope("Receive", f"<rsp:Receive><rsp:DesiredStream{attribute}>stdout stderr</rsp:DesiredStream></rsp:Receive>",
                    shell=shell, **more)


def send(shell, command_id, data, end=False, **more):
    text = base64.b64encode(data).decode()
    return envelope("Send", f'<rsp:Send><rsp:Stream Name="stdin" CommandId="{command_id}" End="{str(end).lower()}">{text}'
                    "</rsp:Stream></rsp:Send>", shell=shell, **more)


def signal(shell, command_id, code="terminate", **more):
    return envelope("Signal", f'<rsp:Signal CommandId="{command_id}"><rsp:Code>{SHELL}/signal/{code}</rsp:Code></rsp:Signal>',
                    shell=shell, **more)


# Of runspace pools; a session is a p:SessionId, under which the pool was created.


def disconnect(shell, session, **more):
    return envelope("Disconnect", "<rsp:Disconnect/>", resource=POWERSHELL, shell=shell, session=session, **more)


def reconnect(shell, session, **more):
    return envelope("Reconnect", resource=POWERSHELL, shell=shell, session=session, **more)


def connect(shell, session, **more):
    return envelope("Connect", "<rsp:Connect/>", resource=POWERSHELL, shell=shell, session=session, **more)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def root(self):
        return ElementTree.fromstring(self.body)

    def text(self, local):
        """The text of the first element of that name; None if there is none."""
        return next((node.text for node in self.root.iter() if node.tag.split("}")[1] == local), None)

    @property
    def fault(self):
        """The code of the fault; None if it is none."""
        if b"WSManFault" not in self.body:
            return None
        codes = [node.get("Code") for node in self.root.iter() if node.tag.endswith("}WSManFault")]
        return int(codes[0]) if codes else None

    @property
    def shell(self):
        return next(node.text for node in self.root.iter() if node.get("Name") == "ShellId")

    @property
    def output(self):
        return b"".join(base64.b64decode(node.text or "") for node in self.root.iter()
                        if node.tag.endswith("}Stream") and node.get("Name") == "stdout")

    @property
    def done(self):
        return any(node.get("State", "").endswith("/Done") for node in self.root.iter())


def base64_text(data):
    return base64.b64encode(data).decode()


def login(user, password):
    return {"Authorization": "Basic " + base64_text(f"{user}:{password}".encode())}


class Client:
    """One connection at a time, opened when it is needed; Basic as the first of the simulated users unless told otherwise."""

    def __init__(self, target, user=None, password=None, timeout=30, address=None, tls=False):
        domain, name, secret = getattr(target, "users", DEFAULT_USERS)[0][:3]
        self.authorization = login(user or f"{domain}\\{name}", password or secret)
        source = (address, 0) if address else None
        if tls:
            context = ssl.create_default_context(cafile=str(target.certificate))
            host, port = address_of(getattr(target, "tls", None) or target.https)
            self.connection = http.client.HTTPSConnection(host, port, timeout=timeout, source_address=source, context=context)
        else:
            host, port = address_of(getattr(target, "plain", None) or getattr(target, "http", None) or target)
            self.connection = http.client.HTTPConnection(host, port, timeout=timeout, source_address=source)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def begin(self, body, **headers):
        data = body.encode() if isinstance(body, str) else body
        self.post(data, {"Content-Type": SOAP, **self.authorization, **{k.replace("_", "-"): v for k, v in headers.items()}})

    def end(self):
        return self.answer()

    def post(self, data, fields):
        with self._closing_when_lost():
            self.connection.request("POST", "/wsman?PSVersion=5.1", data, fields)

    def answer(self):
        with self._closing_when_lost():
            return Answer(self.connection.getresponse())

    @contextlib.contextmanager
    def _closing_when_lost(self):
        """So that the next request opens a new connection."""
        try:
            yield
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def ask(self, body, **headers):
        self.begin(body, **headers)
        return self.end()

    def close(self):
        self.connection.close()

    def open_shell(self, **more):
        answer = self.ask(create(**more))
        assert answer.status == 200, answer.body
        return answer.shell

    def start(self, shell, line):
        answer = self.ask(command(shell, line))
        assert answer.status == 200, answer.body
        return answer.text("CommandId")

    def run(self, shell, line):
        """What the command prints, without the end of its last line."""
        started = self.start(shell, line)
        output, answer = b"", None
        while answer is None or not answer.done:
            answer = self.ask(receive(shell, started))
            assert answer.status == 200 or answer.fault == NO_OUTPUT_YET, answer.body
            output += answer.output
        answer = self.ask(signal(shell, started))
        assert answer.status == 200, answer.body
        return output.decode().removesuffix("\r\n")
