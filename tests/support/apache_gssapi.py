"""A throw-away Kerberos realm, and Apache servers that log users in by it and by NTLM, once per connection.

    with Realm(users) as realm:                  # its own KDC and database, all of it in one temporary folder
        with Apache("s1", realm) as s1:          # mod_auth_gssapi with GssapiConnectionBound, as IIS and http.sys do
            s1.port
            subprocess.run(["curl", "--negotiate", "-u", ":", ...], env=realm.kerberos_environment("user01"))

Every Apache shares one keytab, thus one principal HTTP/HOST: what team members' servers behind a balancer do. An
answer says in its head who the server takes the connection for (X-User), which server it is (X-Server), and whether
the request itself logged in (X-Login: yes) or lived on the login of its connection (none).

Nothing of the machine's own Kerberos or Apache set-up is read, and no installed service is started. Apache and the
NTLM clients get OpenSSL's legacy provider (MD4, RC4) by OPENSSL_CONF.
"""

import os
import pathlib
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import time

SUPPORT = pathlib.Path(__file__).resolve().parent
HOST = "winrm.test"
REALM = "WINRM.TEST"
DOMAIN = "WINRM"
MODULES = pathlib.Path("/usr/lib/apache2/modules")
NTLM_MECHANISM = pathlib.Path("/etc/gss/mech.d/mech.ntlmssp.conf")

# What must be there, and the Debian package that brings it.
NEEDS = (
    ("/usr/sbin/apache2", "apache2-bin"),
    (MODULES / "mod_auth_gssapi.so", "libapache2-mod-auth-gssapi"),
    ("/usr/sbin/krb5kdc", "krb5-kdc"),
    ("/usr/sbin/kdb5_util", "krb5-kdc"),
    ("/usr/sbin/kadmin.local", "krb5-admin-server"),
    ("/usr/bin/kinit", "krb5-user"),
    ("/usr/bin/curl", "curl"),
    (NTLM_MECHANISM, "gss-ntlmssp"),
)

KRB5_CONF = string.Template("""
[libdefaults]
  default_realm = $realm
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  $realm = {
    kdc = 127.0.0.1:$port
  }
[domain_realm]
  $host = $realm
""")

KDC_CONF = string.Template("""
[kdcdefaults]
  kdc_listen = ""
  kdc_tcp_listen = 127.0.0.1:$port
[realms]
  $realm = {
    database_name = $folder/principals
    key_stash_file = $folder/stash
    acl_file = $folder/acl
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
    max_life = 1d
  }
[logging]
  kdc = FILE:$folder/kdc.log
""")

APACHE_CONF = string.Template("""
ServerName $host
ServerRoot $folder
DefaultRuntimeDir $folder
PidFile $folder/apache.pid
ErrorLog $folder/error.log
LogLevel warn
Listen 127.0.0.1:$port
User $user
Group $group
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule auth_gssapi_module $modules/mod_auth_gssapi.so
LoadModule headers_module $modules/mod_headers.so
LoadModule alias_module $modules/mod_alias.so
StartServers 1
ServerLimit 1
ThreadLimit 64
ThreadsPerChild 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
KeepAlive On
KeepAliveTimeout 60
MaxKeepAliveRequests 0
DocumentRoot $folder/www
Alias /wsman $folder/www/answer.txt
<Location />
  AuthType GSSAPI
  AuthName winrm
  GssapiConnectionBound On
  GssapiUseSessions Off
  GssapiAllowedMech krb5
  GssapiAllowedMech ntlmssp
  GssapiSSLonly Off
  Require valid-user
</Location>
Header always set X-Server $name
Header always set X-User "expr=%{REMOTE_USER}"
Header always set X-Login yes "expr=-n %{HTTP:Authorization}"
# As http.sys does: without it curl logs in anew with each Kerberos request, and the connection's login is never used.
Header always set Persistent-Auth true
""")


def missing_packages():
    """The Debian packages without which there is no realm and no Apache."""
    return sorted({package for path, package in NEEDS if not pathlib.Path(path).exists()})


def free_port():
    """A port that the kernel picked and nobody has yet. Neither krb5kdc nor Apache can be told port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_listening(write_configuration, command, environment, log, attempts=5):
    """Starts a program that must be told its port; tries another one if somebody else took it in between."""
    for _ in range(attempts):
        port = free_port()
        write_configuration(port)
        with open(log, "ab") as output:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return process, port
            except OSError:
                time.sleep(0.02)
        stop_process(process)
    raise RuntimeError(f"{command[0]} does not listen: {pathlib.Path(log).read_text(errors='replace')[-2000:]}")


def stop_process(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


class Realm:
    """A KDC with its users, the servers' keytab, and a ticket cache and NTLM password for each user.

    `hosts` have principals and keytabs of their own, beside HOST. One whose keytab nobody uses is a name whose key no
    server has, such as a balancer's.
    """

    def __init__(self, users, hosts=()):
        self.users = {user: f"Secret-{number}" for number, user in enumerate(users, 1)}
        # Apache's children run as another user when started by root; they must get at the keytab.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="winrm-realm-"))
        self.folder.chmod(0o755)
        self.keytab = self.folder / "http.keytab"
        self.hosts = hosts
        self.kdc = None

    def __enter__(self):
        try:
            self._start_kdc()
            for user, password in self.users.items():
                subprocess.run(["/usr/bin/kinit", user], input=password + "\n", text=True, check=True,
                               stdout=subprocess.DEVNULL, env=self.kerberos_environment(user), timeout=60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.kdc:
            stop_process(self.kdc)
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self):
        """What every program of the realm runs with; nothing of Kerberos comes from outside."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("KRB5", "GSS", "NTLM")) and not name.lower().endswith("_proxy")}
        return kept | {
            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
            "KRB5RCACHENAME": "none:",
            "OPENSSL_CONF": str(SUPPORT / "openssl-legacy.cnf"),
        }

    def kerberos_environment(self, user):
        """For curl --negotiate -u : by the user's Kerberos ticket; one message logs in."""
        return self.environment() | {"KRB5CCNAME": f"FILE:{self.folder}/tickets.{user}"}

    def ntlm_environment(self, user):
        """For curl --negotiate -u : by the user's password; without a ticket GSSAPI takes NTLM, thus three messages.

        Not curl --ntlm: its messages lack the Version field, and Debian's gss-ntlmssp in Apache refuses those.
        """
        return self.environment() | {
            "KRB5CCNAME": f"FILE:{self.folder}/no-tickets",
            "NTLM_USER_FILE": str(self._ntlm_users([user], f"ntlm.{user}")),
        }

    def server_environment(self, host=HOST):
        keytab = self.keytab if host == HOST else self.folder / f"{host}.keytab"
        return self.environment() | {
            "KRB5_KTNAME": f"FILE:{keytab}",
            "NTLM_USER_FILE": str(self._ntlm_users(self.users, "ntlm.users")),
            "NETBIOS_COMPUTER_NAME": DOMAIN,
            "NETBIOS_DOMAIN_NAME": DOMAIN,
        }

    def _start_kdc(self):
        (self.folder / "acl").touch()
        self._write_configuration(free_port())  # the database is made before a port matters
        self._administer(["/usr/sbin/kdb5_util", "create", "-s", "-r", REALM, "-P", "master"])
        # One kadmin.local for all: each start of it costs as much as all the users.
        orders = [f"add_principal -pw {password} {user}" for user, password in self.users.items()]
        orders += [f"add_principal -randkey HTTP/{HOST}", f"ktadd -k {self.keytab} HTTP/{HOST}"]
        for host in self.hosts:
            orders += [f"add_principal -randkey HTTP/{host}", f"ktadd -k {self.folder}/{host}.keytab HTTP/{host}"]
        self._administer(["/usr/sbin/kadmin.local", "-r", REALM], "\n".join(orders) + "\n")
        for keytab in self.folder.glob("*.keytab"):
            keytab.chmod(0o644)
        self.kdc, self.port = start_listening(self._write_configuration, ["/usr/sbin/krb5kdc", "-n", "-r", REALM],
                                              self.environment(), self.folder / "krb5kdc.out")

    def _ntlm_users(self, users, name):
        file = self.folder / name
        if not file.exists():
            file.write_text("".join(f"{DOMAIN}:{user}:{self.users[user]}\n" for user in users))
        return file

    def _write_configuration(self, port):
        values = {"realm": REALM, "host": HOST, "folder": self.folder, "port": port}
        (self.folder / "krb5.conf").write_text(KRB5_CONF.substitute(values))
        (self.folder / "kdc.conf").write_text(KDC_CONF.substitute(values))

    def _administer(self, command, orders=""):
        done = subprocess.run(command, input=orders, text=True, env=self.environment(), timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stdout}")


class Apache:
    """One Apache process tree in the foreground, with a configuration of its own."""

    def __init__(self, name, realm, host=HOST):
        self.name = name
        self.realm = realm
        self.host = host
        self.folder = realm.folder / name
        self.process = None

    def __enter__(self):
        (self.folder / "www").mkdir(parents=True)
        (self.folder / "www" / "answer.txt").write_text(f"This is {self.name}.\n" * 40)
        self.process, self.port = start_listening(
            self._write_configuration,
            ["/usr/sbin/apache2", "-d", str(self.folder), "-f", str(self.folder / "apache.conf"), "-DFOREGROUND"],
            self.realm.server_environment(self.host), self.folder / "apache.out")
        return self

    def __exit__(self, *_):
        stop_process(self.process)

    def errors(self):
        log = self.folder / "error.log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    def _write_configuration(self, port):
        (self.folder / "apache.conf").write_text(APACHE_CONF.substitute(
            name=self.name, host=self.host, folder=self.folder, port=port, modules=MODULES,
            user="www-data", group="www-data"))
