"""The WS-Management service of winrm-sim, by raw messages over Basic."""

import http.client
import socket
import threading

import pytest

import wsman as m
from wsman import Client
from winrm_sim import WinrmSim


def test_anonymous_identify_hides_the_version_and_needs_no_login(sim):
    client = Client(sim)
    client.authorization = {}
    answer = client.ask(m.IDENTIFY, WSMANIDENTIFY="unauthenticated")
    assert answer.status == 200
    assert answer.text("ProductVersion").startswith("OS: 0.0.0")
    assert b"SecurityProfiles" not in answer.body
    assert client.ask(m.IDENTIFY).status == 401
    client.connection.request("POST", "/wsman-anon/identify", m.IDENTIFY, {"Content-Type": m.SOAP})
    assert client.end().status == 200


def test_authenticated_identify_tells_more(sim):
    answer = Client(sim).ask(m.IDENTIFY)
    assert not answer.text("ProductVersion").startswith("OS: 0.0.0")
    assert b"SecurityProfiles" in answer.body


def test_answers_have_the_head_of_a_windows_server(sim):
    with socket.create_connection(sim.http.split(":")) as raw:
        raw.sendall(b"POST /wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        head = raw.recv(4096).decode()
    assert head.startswith("HTTP/1.1 401 \r\n")
    assert "Server: Microsoft-HTTPAPI/2.0\r\n" in head
    assert 'WWW-Authenticate: Negotiate\r\n' in head and 'WWW-Authenticate: Basic realm="WSMAN"\r\n' in head
    assert "Content-Length: 0\r\n" in head


def test_a_wrong_password_is_refused_and_said_why_to_the_test(sim):
    assert Client(sim, password="wrong").ask(m.create()).status == 401
    assert sim.seen()[-1]["refusal"] != "" and sim.shells() == []


def test_other_paths_and_methods_are_refused(sim):
    client = http.client.HTTPConnection(sim.http)
    client.request("POST", "/elsewhere", "")
    assert client.getresponse().status == 404
    client = http.client.HTTPConnection(sim.http)
    client.request("GET", "/wsman")
    assert client.getresponse().status == 405


def test_a_poll_without_output_ends_with_timed_out_in_its_time(sim):
    client = Client(sim)
    shell = client.open_shell()
    command = client.start(shell, "timeout /t 60")
    answer = client.ask(m.receive(shell, command, timeout="PT0.3S"))
    assert (answer.status, answer.fault) == (500, 2150858793)
    entry = sim.seen(operation="Receive")[0]
    assert 0.3 <= entry["answered"] - entry["received"] < 5


def test_output_ends_a_poll_at_once(sim):
    client = Client(sim)
    shell = client.open_shell()
    command = client.start(shell, "ping -n 2 x")
    assert b"Pinging" in client.ask(m.receive(shell, command)).output
    answer = client.ask(m.receive(shell, command))
    assert answer.output.startswith(b"Reply")
    while not answer.done:
        answer = client.ask(m.receive(shell, command))
    assert answer.text("ExitCode") == "0"


def test_two_receives_on_one_stream_collide(sim):
    client, second = Client(sim), Client(sim)
    shell = client.open_shell()
    command = client.start(shell, "more")
    client.begin(m.receive(shell, command))
    while not [e for e in sim.seen(operation="Receive") if e["status"] == 0]:
        pass
    assert second.ask(m.receive(shell, command)).fault == 2150859047
    assert second.ask(m.send(shell, command, b"words", end=True)).status == 200
    answer = client.end()
    assert answer.output == b"words"


def test_a_client_that_hangs_up_frees_its_poll_and_loses_no_output(sim):
    client, second = Client(sim), Client(sim)
    shell = client.open_shell()
    command = client.start(shell, "more")
    client.begin(m.receive(shell, command))
    while not sim.seen(operation="Receive"):
        pass
    client.close()
    while sim.totals()["connections_open"] > 1:
        second.ask(m.IDENTIFY)
    second.ask(m.send(shell, command, b"kept"))
    assert second.ask(m.receive(shell, command)).output == b"kept"


def test_big_output_comes_in_envelopes_of_the_size_that_was_asked_for(sim):
    client = Client(sim)
    shell = client.open_shell()
    command = client.start(shell, "type 3000 KiB")
    total, answer = 0, None
    while answer is None or not answer.done:
        answer = client.ask(m.receive(shell, command))
        assert len(answer.body) <= 153600
        total += len(answer.output)
    assert total == 3000 * 1024


def test_terminate_ends_a_command_and_its_pending_poll(sim):
    client, second = Client(sim), Client(sim)
    shell = client.open_shell()
    command = client.start(shell, "timeout /t 600")
    client.begin(m.receive(shell, command))
    while not sim.seen(operation="Receive"):
        pass
    assert second.ask(m.signal(shell, command)).status == 200
    assert client.end().fault == 995
    assert second.ask(m.receive(shell, command)).fault == 87


def test_control_c_ends_a_command_with_its_code(sim):
    client = Client(sim)
    shell = client.open_shell()
    command = client.start(shell, "timeout /t 600")
    client.ask(m.signal(shell, command, "ctrl_c"))
    assert client.ask(m.receive(shell, command)).text("ExitCode") == "-1073741510"


def test_unknown_shells_are_not_found_here(sim):
    client = Client(sim)
    ghost = m.new_id()
    for body in (m.command(ghost, "hostname"), m.receive(ghost, m.new_id()), m.delete(ghost), m.signal(ghost, m.new_id())):
        answer = client.ask(body)
        assert (answer.status, answer.fault) == (500, 2150858843)


def test_shell_ids_are_compared_without_case(sim):
    client = Client(sim)
    shell = client.open_shell()
    assert client.ask(m.delete(shell.lower())).status == 200
    assert client.ask(m.delete(shell)).fault == 2150858843


def test_somebody_elses_shell_is_denied(sim):
    shell = Client(sim).open_shell()
    answer = Client(sim, user="CORP\\other", password="Secret-2").ask(m.command(shell, "hostname"))
    assert answer.fault == 5


def test_quotas_give_their_faults():
    options = ["--max-shells-per-user", "2", "--max-shell-users", "1", "--max-operations", "2"]
    with WinrmSim("ps1", allow_unencrypted=True, options=options) as sim:
        client = Client(sim)
        shell = client.open_shell()
        client.open_shell()
        assert client.ask(m.create()).fault == 2150859173
        assert Client(sim, user="other", password="Secret-2").ask(m.create()).fault == 2150859179
        client.start(shell, "echo 1")
        client.start(shell, "echo 2")
        answer = client.ask(m.command(shell, "echo 3"))
        assert answer.status == 500 and answer.text("error_Code") == "2150859174"


def test_idle_shells_end():
    with WinrmSim("ps1", allow_unencrypted=True, options=["--idle-shell", "300ms"]) as sim:
        client = Client(sim)
        shell = client.open_shell()
        while sim.shells():
            pass
        assert client.ask(m.command(shell, "hostname")).fault == 2150858843


def test_idle_connections_are_closed():
    with WinrmSim("ps1", allow_unencrypted=True, options=["--idle-connection", "200ms"]) as sim:
        client = Client(sim)
        client.ask(m.IDENTIFY)
        assert client.connection.sock.recv(1) == b""


def test_envelopes_over_the_limit_are_refused(sim):
    answer = Client(sim).ask(m.create() + " " * 512 * 1024)
    assert answer.fault == 2150858825


def test_utf16_is_understood_and_answered_in_kind(sim):
    answer = Client(sim).ask(m.create().encode("utf-16-le"), Content_Type="application/soap+xml;charset=UTF-16")
    assert answer.status == 200 and answer.headers["Content-Type"].endswith("UTF-16")
    assert answer.shell == sim.shells()[0]["shell_id"]


def test_get_tells_the_quotas(sim):
    answer = Client(sim).ask(m.envelope(f"{m.TRANSFER}/Get", resource="http://schemas.microsoft.com/wbem/wsman/1/config"))
    assert answer.text("MaxShellsPerUser") == "30" and answer.text("MaxEnvelopeSizekb") == "500"


def test_enumerate_pull_and_release_list_the_shells_of_this_server(sim):
    client = Client(sim)
    shells = {client.open_shell() for _ in range(3)}
    answer = client.ask(m.envelope(f"{m.ENUMERATION}/Enumerate", "<n:Enumerate/>", resource=m.SHELL))
    context = answer.text("EnumerationContext")
    body = f"<n:Pull><n:EnumerationContext>{context}</n:EnumerationContext><n:MaxElements>2</n:MaxElements></n:Pull>"
    found = []
    for last in (False, True):
        answer = client.ask(m.envelope(f"{m.ENUMERATION}/Pull", body, resource=m.SHELL))
        found += [node.text for node in answer.root.iter() if node.tag.endswith("}ShellId")]
        assert (b"EndOfSequence" in answer.body) == last
    assert set(found) == shells
    release = f"<n:Release><n:EnumerationContext>{context}</n:EnumerationContext></n:Release>"
    answer = client.ask(m.envelope(f"{m.ENUMERATION}/Release", release, resource=m.SHELL))
    assert answer.fault == 2150858779


def test_runspace_pools_open_are_disconnected_and_joined_again(sim):
    client = Client(sim)
    shell, session = m.new_id(), m.new_id()
    assert client.ask(m.create_pool(shell, session=session)).shell == shell
    assert client.ask(m.create_pool(shell, session=session)).fault == 2150859223
    assert b"RunspaceState" in client.ask(m.receive(shell, resource=m.POWERSHELL)).output
    ask = lambda action, **more: client.ask(m.envelope(action, shell=shell, resource=m.POWERSHELL, **more))  # noqa: E731
    assert ask("Connect", session=m.new_id()).fault == 2150859213
    second = Client(sim)
    second.begin(m.receive(shell, resource=m.POWERSHELL))
    while not [e for e in sim.seen(operation="Receive") if e["status"] == 0]:
        pass
    assert ask("Disconnect", session=session).status == 200
    assert second.end().fault == 2150859230
    assert client.ask(m.receive(shell)).fault == 2150859204
    assert ask("Reconnect", session=m.new_id()).fault == 2150859206
    assert ask("Reconnect", session=session).status == 200
    ask("Disconnect", session=session)
    assert ask("Connect", session=m.new_id()).text("connectResponseXml")


def test_text_shells_cannot_be_disconnected(sim):
    client = Client(sim)
    assert client.ask(m.envelope("Disconnect", shell=client.open_shell())).fault == 2150859205


def test_a_retransmission_is_answered_from_memory_and_a_duplicate_refused(sim):
    client, operation = Client(sim), m.new_id()
    shell = client.open_shell()
    first = client.ask(m.command(shell, "counter", operation=operation))
    again = client.ask(m.command(shell, "counter", operation=operation, again=True))
    assert again.text("CommandId") == first.text("CommandId")
    assert client.ask(m.command(shell, "counter", operation=operation)).fault == 2150858767
    assert sim.counters() == {"default": 1}


@pytest.mark.parametrize("body", ["", "<a/>", "not xml", m.create()[:-5]])
def test_what_is_no_request_executes_nothing(sim, body):
    answer = Client(sim).ask(body)
    assert answer.status == (500 if body else 200)
    assert sim.shells() == []


def test_many_polls_wait_at_once(sim):
    clients = [Client(sim) for _ in range(200)]
    shell = clients[0].open_shell()
    commands = [clients[0].start(shell, "more") for _ in clients]
    for client, command in zip(clients, commands):
        client.begin(m.receive(shell, command))
    while len(sim.seen(operation="Receive", status=0)) < len(clients):
        pass
    control = Client(sim)
    for command in commands:
        control.ask(m.send(shell, command, command.encode(), end=True))
    for client, command in zip(clients, commands):
        assert client.end().output == command.encode()


def test_requests_of_many_threads_reach_their_own_shells(sim):
    failures = []

    def work(number):
        client = Client(sim)
        for _ in range(5):
            shell = client.open_shell()
            command = client.start(shell, f"echo {number}")
            answer = client.ask(m.receive(shell, command))
            if answer.output != f"{number}\r\n".encode() or client.ask(m.delete(shell)).status != 200:
                failures.append((number, answer.body))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and sim.shells() == []


def test_executed_messages_are_counted_once_each(sim):
    client = Client(sim)
    shell = client.open_shell()
    body = m.command(shell, "counter")
    for _ in range(2):
        assert client.ask(body).status == 200
    assert client.ask(m.command(m.new_id(), "counter")).fault == 2150858843
    entries = sim.executed()
    assert [(entry["operation"], entry["times"]) for entry in entries] == [("Create", 1), ("Command", 2)]
    assert entries[1]["shell_id"] == shell and entries[1]["user"] == "CORP\\svc"
    assert entries[1]["connections"] == [1, 1]
    assert entries[1]["message_id"] == sim.seen(operation="Command")[0]["message_id"]
    sim.clear_executed()
    assert sim.executed() == []


def test_a_retransmission_answered_from_memory_is_not_executed_again(sim):
    client = Client(sim)
    shell = client.open_shell()
    operation = m.new_id()
    first = client.ask(m.command(shell, "counter", operation=operation))
    again = client.ask(m.command(shell, "counter", operation=operation, again=True))
    assert again.text("CommandId") == first.text("CommandId")
    assert [entry["times"] for entry in sim.executed(operation="Command")] == [1]


def test_what_was_executed_counts_although_nobody_got_the_answer(sim):
    client = Client(sim)
    shell = client.open_shell()
    sim.fault("reset_before", operation="Command", count=1)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.ask(m.command(shell, "counter"))
    sim.fault("hang", operation="Signal", count=1)
    second = Client(sim, timeout=0.5)
    with pytest.raises(TimeoutError):
        second.ask(m.signal(shell, m.new_id()))
    assert [entry["operation"] for entry in sim.executed()] == ["Create", "Command"]
