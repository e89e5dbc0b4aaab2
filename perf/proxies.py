"""The balancers that can be compared, each configured for the same job on one core.

The job: HTTP/1.1 on one port, one client address on one server, server connections private to their client
connection, certificates of servers verified, long time-outs, no access log unless asked for.
"""

import os
import subprocess

import farm
import measure


class Proxy:
    """One balancer as a running process of a single worker."""

    name = ""
    note = ""

    def __init__(self, folder, binary):
        self.folder, self.binary = folder, binary
        self.port = 0
        self.process = None

    def supports(self, client_tls, server_tls):
        return True

    def version(self):
        raise NotImplementedError

    def command(self, setting):
        """Writes the configuration and returns the words that start the process."""
        raise NotImplementedError

    def start(self, setting, cores, environment=None):
        self.port = farm.free_port()
        words = self.command(setting)
        self.log = open(os.path.join(self.folder, self.name + ".out"), "ab")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env={**os.environ, **(environment or {})},
                                        preexec_fn=lambda: os.sched_setaffinity(0, cores))
        try:
            farm.wait_listening(self.port, self.process)
        except RuntimeError as error:
            self.stop()
            with open(self.log.name, errors="replace") as said:
                raise RuntimeError(f"{error}; it said:\n{said.read()[-3000:]}") from error
        measure.pin(self.process.pid, cores)

    def stop(self):
        if self.process is None:
            return
        # Sessions may be held on purpose, and nobody measures how a balancer ends.
        self.process.kill()
        self.process.wait()
        self.process = None
        self.log.close()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path


class Setting:
    """What all of them are configured for."""

    def __init__(self, servers, certificates, client_tls, server_tls, log):
        self.servers, self.certificates = servers, certificates
        self.client_tls, self.server_tls, self.log = client_tls, server_tls, log

    def server_port(self, server):
        return server["tls_port" if self.server_tls else "port"]


class WinrmLb(Proxy):
    name = "winrm-lb"
    note = "a TLS listener always talks TLS to its servers"

    def __init__(self, folder, binary, name=None, pool_keys="", keys=""):
        super().__init__(folder, binary)
        self.name, self.pool_keys, self.keys = name or self.name, pool_keys, keys

    def supports(self, client_tls, server_tls):
        return client_tls == server_tls

    def version(self):
        return subprocess.run([self.binary, "version"], capture_output=True, text=True, check=False).stdout.strip()

    def command(self, setting):
        tls = ""
        if setting.client_tls:
            tls = f", tls: {{certificate: {setting.certificates.certificate}, key: {setting.certificates.key}}}"
        servers = "\n".join(f"      s{i}: {{host: {s['host']}, port: {s['port']}, tls_port: {s['tls_port']}}}"
                            for i, s in enumerate(setting.servers))
        access = os.path.join(self.folder, f"{self.name}.access") if setting.log else "off"
        path = self.write(self.name + ".yaml", f"""\
version: 1
workers: 1
listeners:
  - {{bind: "127.0.0.1:{self.port}", pool: farm{tls}}}
pools:
  farm:
    server_tls: {{ca: {setting.certificates.ca}}}
    {self.pool_keys}
    health: {{probe: tcp}}
    servers:
{servers}
log: {{level: warn, access_file: "{access}"}}
admin: {{socket: "{os.path.join(self.folder, self.name + ".sock")}"}}
{self.keys}
""")
        return [self.binary, "run", "--config", path]


class Haproxy(Proxy):
    name = "haproxy"

    def version(self):
        words = subprocess.run([self.binary, "-v"], capture_output=True, text=True, check=True).stdout.split()
        return f"{words[0]} {words[2]}"

    def command(self, setting):
        bind = f" ssl crt {setting.certificates.bundle} alpn http/1.1" if setting.client_tls else ""
        to = f" ssl verify required ca-file {setting.certificates.ca}" if setting.server_tls else ""
        servers = "\n".join(f"  server s{i} {s['host']}:{setting.server_port(s)}{to}"
                            for i, s in enumerate(setting.servers))
        log = "log stdout format raw local0\n  option httplog" if setting.log else "no log"
        path = self.write(self.name + ".cfg", f"""\
global
  nbthread 1
  maxconn 9500
  ssl-default-bind-options ssl-min-ver TLSv1.3
  ssl-default-server-options ssl-min-ver TLSv1.3
defaults
  mode http
  {log}
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-request 1h
  timeout http-keep-alive 1h
  option redispatch
  http-reuse never
listen farm
  bind 127.0.0.1:{self.port}{bind}
  balance leastconn
  stick-table type ip size 1m expire 2h
  stick on src
{servers}
""")
        return [self.binary, "-db", "-f", path]


class Floor(Proxy):
    name = "floor"
    note = "relays plain bytes only"

    def supports(self, client_tls, server_tls):
        return not client_tls and not server_tls

    def version(self):
        return "a bare relay"

    def command(self, setting):
        return [self.binary, f"127.0.0.1:{self.port}"] + [f"{s['host']}:{s['port']}" for s in setting.servers]


class Nginx(Proxy):
    name = "nginx"
    note = "shares its pooled server connections between clients, which is the easier job"

    def version(self):
        said = subprocess.run([self.binary, "-v"], capture_output=True, text=True, check=True).stderr
        return said.strip().removeprefix("nginx version: ")

    def command(self, setting):
        listen = ""
        if setting.client_tls:
            listen = f"ssl_certificate {setting.certificates.certificate}; ssl_certificate_key {setting.certificates.key};"
        servers = " ".join(f"server {s['host']}:{setting.server_port(s)};" for s in setting.servers)
        verify = ""
        if setting.server_tls:
            verify = (f"proxy_ssl_verify on; proxy_ssl_trusted_certificate {setting.certificates.ca};"
                      " proxy_ssl_name localhost; proxy_ssl_protocols TLSv1.3;")
        log = f"access_log {self.folder}/nginx.access;" if setting.log else "access_log off;"
        scheme = "https" if setting.server_tls else "http"
        path = self.write("nginx.conf", f"""\
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 20000;
pid {self.folder}/nginx.pid; error_log stderr warn;
events {{ worker_connections 19900; }}
http {{
  {log}
  client_body_temp_path {self.folder}/nginx.body; proxy_temp_path {self.folder}/nginx.temp;
  fastcgi_temp_path {self.folder}/nginx.f; uwsgi_temp_path {self.folder}/nginx.u; scgi_temp_path {self.folder}/nginx.s;
  keepalive_requests 1000000000; keepalive_timeout 1h; ssl_protocols TLSv1.3;
  upstream farm {{ hash $remote_addr consistent; {servers} keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{self.port} {"ssl" if setting.client_tls else ""} backlog=4096; {listen}
    location / {{
      proxy_pass {scheme}://farm; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_request_buffering off; proxy_buffering off; proxy_read_timeout 1h; {verify}
    }}
  }}
}}
""")
        return [self.binary, "-c", path, "-p", self.folder]
