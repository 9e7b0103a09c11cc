"""A mail server (python3-aiosmtpd) that keeps what it takes as files: smtpd.py PORT FOLDER plain|starttls|tls [CERT KEY]."""
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

port, folder, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3]


class Keep:
    taken = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 no such user"
        if address.startswith("busy@") and not hasattr(Keep, "asked"):
            Keep.asked = True
            return "451 4.7.1 come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        Keep.taken += 1
        with open("%s/%04d.eml" % (folder, Keep.taken), "wb") as f:
            f.write(("X-Rcpt: %s\r\nX-TLS: %s\r\nX-Login: %s\r\n" % (
                ",".join(envelope.rcpt_tos), session.ssl is not None or mode == "tls", session.authenticated)).encode())
            f.write(envelope.content)
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    ok = isinstance(data, LoginPassword) and data.login == b"hotline" and data.password == "密码 secret".encode()
    return AuthResult(success=ok, handled=False)


context = None
if mode != "plain":
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
options = dict(hostname="127.0.0.76", port=port, authenticator=login, auth_required=mode != "plain", auth_require_tls=mode == "starttls")
if mode == "starttls":
    options.update(tls_context=context, require_starttls=True)
if mode == "tls":
    options.update(ssl_context=context)
c = Controller(Keep(), **options)
c.start()
print("ready", flush=True)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
c.stop()
